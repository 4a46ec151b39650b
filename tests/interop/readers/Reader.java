// Lists a .tar.gz by Java's readers: digest, size and name of each member, a line each.
// Run as it stands: java -cp commons-compress.jar Reader.java jdk|commons FILE

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

public class Reader {
    public static void main(String[] args) throws Exception {
        InputStream file = new BufferedInputStream(Files.newInputStream(Path.of(args[1])));
        try (InputStream plain = gunzip(args[0], file)) {
            list(plain);
            // The checksums of what follows the archive's end, too.
            plain.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }

    private static InputStream gunzip(String kind, InputStream file) throws IOException {
        return switch (kind) {
            case "jdk" -> new GZIPInputStream(file);
            case "commons" -> new GzipCompressorInputStream(file, true);
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static void list(InputStream plain) throws Exception {
        // It would close the stream below it, which is read on.
        TarArchiveInputStream archive = new TarArchiveInputStream(plain);
        TarArchiveEntry entry;
        while ((entry = archive.getNextTarEntry()) != null) {
            if (!entry.isFile() || entry.isLink() || entry.isSymbolicLink()) {
                throw new IOException(entry.getName() + " is no plain file");
            }
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            long size = 0;
            for (int got; (got = archive.read(buffer)) > 0; size += got) {
                hash.update(buffer, 0, got);
            }
            StringBuilder hex = new StringBuilder();
            for (byte one : hash.digest()) {
                hex.append(String.format("%02x", one));
            }
            System.out.println(hex + " " + size + " " + entry.getName());
        }
    }
}
