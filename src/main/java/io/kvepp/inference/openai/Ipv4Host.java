package io.kvepp.inference.openai;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A host that ends in a number is an IPv4 address, in any of the forms the URL Standard allows:
/// one to four numbers, each decimal, octal or hexadecimal, of which the last fills what is left.
final class Ipv4Host {
    private static final String INVALID = "invalid IPv4 address";
    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final int PARTS_MAX = 4;
    private static final long BYTE_MAX = 255;
    private static final long ADDRESS_MAX = 0xFFFF_FFFFL;
    private static final long NO_NUMBER = -1;
    private static final int HEX = 16;
    private static final int OCTAL = 8;
    private static final int DECIMAL = 10;

    private Ipv4Host() {}

    /// What is wrong with a host of ASCII characters in lower case, null when nothing is.
    static @Nullable String fault(String host) {
        String[] parts = host.split("\\.", -1);
        int count = parts[parts.length - 1].isEmpty() ? parts.length - 1 : parts.length;
        if (count == 0) {
            return null;
        }
        String last = parts[count - 1];
        if (!DIGITS.matcher(last).matches() && number(last) == NO_NUMBER) {
            return null;
        }
        if (count > PARTS_MAX) {
            return INVALID;
        }
        for (int i = 0; i < count; i++) {
            long number = number(parts[i]);
            long max = i < count - 1 ? BYTE_MAX : ADDRESS_MAX >> (Byte.SIZE * (count - 1));
            if (number == NO_NUMBER || number > max) {
                return INVALID;
            }
        }
        return null;
    }

    /// A number larger than any address may stand for an even larger one.
    private static long number(String text) {
        int radix = text.startsWith("0x") ? HEX : text.length() > 1 && text.startsWith("0") ? OCTAL : DECIMAL;
        String digits = text.substring(radix == HEX ? 2 : radix == OCTAL ? 1 : 0);
        if (digits.isEmpty()) {
            return radix == HEX ? 0 : NO_NUMBER;
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = Character.digit(digits.charAt(i), radix);
            if (digit < 0) {
                return NO_NUMBER;
            }
            number = Math.min(number * radix + digit, ADDRESS_MAX + 1);
        }
        return number;
    }
}
