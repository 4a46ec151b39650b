module evidence.test/interop/reader

go 1.21
