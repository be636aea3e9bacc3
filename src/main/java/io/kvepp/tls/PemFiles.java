package io.kvepp.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads certificates and private keys from PEM files, in every form that certificate managers write.
///
/// Source: RFC 7468; PKCS #1 (RFC 8017), SEC 1 (RFC 5915), PKCS #8 (RFC 5958).
final class PemFiles {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String KEY_EXPECTED = "a private key in PKCS #8, PKCS #1 or SEC 1, not encrypted";
    private static final byte[] RSA = Der.sequence(Der.oid("1.2.840.113549.1.1.1"), Der.NULL);
    private static final String EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    private static final List<String> CURVES = List.of("1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35");

    private PemFiles() {}

    private record Block(String label, byte[] content) {}

    /// The certificates of a file, at least one.
    ///
    /// @throws IOException when the file cannot be read or holds something else; the message says what
    static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks(file)) {
                if (block.label().equals(CERTIFICATE)) {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.content())));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": unreadable (expected: PEM certificates)", e);
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + ": none (expected: PEM certificates)");
        }
        return certificates;
    }

    /// The private key of a file.
    ///
    /// @throws IOException when the file cannot be read or holds something else; the message says what
    static PrivateKey key(Path file) throws IOException {
        try {
            for (Block block : blocks(file)) {
                switch (block.label()) {
                    case "PRIVATE KEY" -> {
                        return pkcs8(block.content());
                    }
                    case "RSA PRIVATE KEY" -> {
                        return pkcs8(wrapped(RSA, block.content()));
                    }
                    case "EC PRIVATE KEY" -> {
                        return sec1(block.content());
                    }
                    default -> {} // parameters or certificates in front of it
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": unreadable (expected: " + KEY_EXPECTED + ")", e);
        }
        throw new IOException(file + ": none (expected: " + KEY_EXPECTED + ")");
    }

    private static PrivateKey pkcs8(byte[] encoded) throws GeneralSecurityException {
        InvalidKeySpecException unknown = new InvalidKeySpecException("unknown algorithm");
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException e) {
                unknown.addSuppressed(e);
            }
        }
        throw unknown;
    }

    /// The curve that a key names inside.
    private static PrivateKey sec1(byte[] encoded) throws GeneralSecurityException {
        String text = new String(encoded, StandardCharsets.ISO_8859_1);
        for (String curve : CURVES) {
            byte[] oid = Der.oid(curve);
            if (text.contains(new String(oid, StandardCharsets.ISO_8859_1))) {
                return pkcs8(wrapped(Der.sequence(Der.oid(EC_PUBLIC_KEY), oid), encoded));
            }
        }
        throw new InvalidKeySpecException("unknown curve");
    }

    private static byte[] wrapped(byte[] algorithm, byte[] key) {
        return Der.sequence(Der.integer(BigInteger.ZERO), algorithm, Der.octets(key));
    }

    private static List<Block> blocks(Path file) throws IOException {
        Matcher matcher = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        List<Block> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
        }
        return blocks;
    }
}
