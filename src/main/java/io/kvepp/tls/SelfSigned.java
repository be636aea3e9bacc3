package io.kvepp.tls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Makes a certificate that nobody vouches for, on the curve P-256: a handshake with it costs a
/// fraction of one with RSA, which counts for gateways that connect for each request.
///
/// Source: RFC 5280.
final class SelfSigned {
    private static final String CURVE = "secp256r1";
    private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    private static final String COMMON_NAME = "2.5.4.3";
    private static final String ORGANIZATION = "2.5.4.10";
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
    private static final String BASIC_CONSTRAINTS = "2.5.29.19";
    private static final int VERSION_FIELD = 0xa0;
    private static final int EXTENSIONS_FIELD = 0xa3;
    private static final int DNS_NAME = 0x82;
    private static final int SERIAL_BITS = 127;
    private static final Duration CLOCK_SKEW = Duration.ofDays(1);
    private static final Duration VALIDITY = Duration.ofDays(3650);

    private SelfSigned() {}

    /// A new key and its certificate for `dnsName`, valid from a day ago for ten years.
    static Identity create(String dnsName, Instant now) throws GeneralSecurityException {
        SecureRandom random = new SecureRandom();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE), random);
        KeyPair pair = generator.generateKeyPair();
        byte[] algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
        byte[] name = Der.sequence(attribute(ORGANIZATION, "kv-epp"), attribute(COMMON_NAME, dnsName));
        byte[] content = Der.sequence(
                Der.tagged(VERSION_FIELD, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE)),
                algorithm,
                name,
                Der.sequence(Der.time(now.minus(CLOCK_SKEW)), Der.time(now.plus(VALIDITY))),
                name,
                pair.getPublic().getEncoded(),
                Der.tagged(EXTENSIONS_FIELD, extensions(dnsName)));
        byte[] certificate = Der.sequence(content, algorithm, Der.bits(signed(content, pair.getPrivate())));
        return new Identity(pair.getPrivate(), List.of((X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate))));
    }

    private static byte[] attribute(String type, String value) {
        return Der.set(Der.sequence(Der.oid(type), Der.text(value)));
    }

    private static byte[] extensions(String dnsName) {
        byte[] names = Der.sequence(Der.tagged(DNS_NAME, dnsName.getBytes(StandardCharsets.US_ASCII)));
        return Der.sequence(
                Der.sequence(Der.oid(SUBJECT_ALTERNATIVE_NAME), Der.octets(names)),
                Der.sequence(Der.oid(BASIC_CONSTRAINTS), Der.TRUE, Der.octets(Der.sequence())));
    }

    private static byte[] signed(byte[] content, PrivateKey key) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(content);
        return signature.sign();
    }
}
