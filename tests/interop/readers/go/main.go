// Lists a .tar.gz by Go's own packages: digest, size and name of each member, a line each.
package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: reader FILE")
	}
	if err := list(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func list(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(bufio.NewReader(file))
	if err != nil {
		return err
	}
	archive := tar.NewReader(plain)
	for {
		head, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if head.Typeflag != tar.TypeReg {
			return fmt.Errorf("%s is of type %q", head.Name, head.Typeflag)
		}
		hash := sha256.New()
		size, err := io.Copy(hash, archive)
		if err != nil {
			return err
		}
		fmt.Printf("%x %d %s\n", hash.Sum(nil), size, head.Name)
	}
	// The checksums of what follows the archive's end, too.
	_, err = io.Copy(io.Discard, plain)
	return err
}
