package io.kvepp.inference.openai;

import io.kvepp.inference.body.UnsupportedBodyException;
import java.net.Inet6Address;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The address of an image, video or audio, read as far as it can be wrong: scheme, host and port, by
/// the URL Standard (<https://url.spec.whatwg.org>), in whose words the frontend's library reports.
///
/// Time is linear in what comes before the path; the content of a `data:` address is not looked at.
///
/// Confined to one call.
final class MediaUrl {
    private static final Set<String> SPECIAL = Set.of("http", "https", "ws", "wss", "ftp");
    private static final String FILE = "file";
    private static final String FORBIDDEN = "\0\t\n\r #/:<>?@[\\]^|";
    private static final String NO_SCHEME = "relative URL without a base";
    private static final String EMPTY_HOST = "empty host";
    private static final String INVALID_PORT = "invalid port number";
    private static final String INVALID_NAME = "invalid international domain name";
    private static final String INVALID_V6 = "invalid IPv6 address";
    private static final int PORT_MAX = 65_535;
    private static final int PORT_DIGITS_MAX = 5;
    private static final int DELETE = 0x7F;
    private static final int HEX = 16;

    private final String url;
    private final int end;
    private int next;

    private MediaUrl(String url) {
        this.url = url;
        int last = url.length();
        while (last > 0 && url.charAt(last - 1) <= ' ') {
            last--;
        }
        end = last;
        while (next < end && url.charAt(next) <= ' ') {
            next++;
        }
    }

    /// What is wrong with it, null when nothing is.
    ///
    /// Throws for a host whose name needs the tables of international domain names.
    static @Nullable String fault(String url) throws UnsupportedBodyException {
        return new MediaUrl(url).fault();
    }

    private @Nullable String fault() throws UnsupportedBodyException {
        String scheme = scheme();
        if (scheme == null) {
            return NO_SCHEME;
        }
        if (SPECIAL.contains(scheme)) {
            while (isSlash(peek())) {
                take();
            }
            return authority(true);
        }
        boolean file = scheme.equals(FILE);
        for (int i = 0; i < 2; i++) {
            int slash = peek();
            if (slash != '/' && !(file && slash == '\\')) {
                return null;
            }
            take();
        }
        return file ? fileHost() : authority(false);
    }

    private @Nullable String scheme() {
        StringBuilder scheme = new StringBuilder();
        for (int c = peek(); c != ':'; c = peek()) {
            boolean letter = (c | ' ') >= 'a' && (c | ' ') <= 'z';
            boolean other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
            if (!letter && (!other || scheme.isEmpty())) {
                return null;
            }
            scheme.append((char) take());
        }
        take();
        return scheme.isEmpty() ? null : scheme.toString().toLowerCase(Locale.ROOT);
    }

    private @Nullable String authority(boolean special) throws UnsupportedBodyException {
        String authority = untilPath(special);
        int at = authority.lastIndexOf('@');
        String host = authority.substring(at + 1);
        int colon = portColon(host);
        String name = colon < 0 ? host : host.substring(0, colon);
        if (name.isEmpty()) {
            return special || colon == 0 || at > 0 ? EMPTY_HOST : null;
        }
        String fault = special ? host(name) : opaqueHost(name);
        return fault != null || colon < 0 ? fault : port(host.substring(colon + 1));
    }

    private String untilPath(boolean backslash) {
        StringBuilder authority = new StringBuilder();
        for (int c = peek(); c >= 0 && c != '/' && c != '?' && c != '#' && !(backslash && c == '\\'); c = peek()) {
            authority.append((char) take());
        }
        return authority.toString();
    }

    /// The colon before a port; those of a bracketed address are none.
    private static int portColon(String host) {
        boolean inside = false;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == ':' && !inside) {
                return i;
            }
            inside = c == '[' || (inside && c != ']');
        }
        return -1;
    }

    private static @Nullable String port(String port) {
        int digits = 0;
        while (digits < port.length() && port.charAt(digits) == '0') {
            digits++;
        }
        String number = port.substring(digits);
        boolean decimal = number.chars().allMatch(c -> c >= '0' && c <= '9');
        boolean small = number.length() <= PORT_DIGITS_MAX;
        return decimal && small && (number.isEmpty() || Integer.parseInt(number) <= PORT_MAX) ? null : INVALID_PORT;
    }

    private @Nullable String fileHost() throws UnsupportedBodyException {
        String name = untilPath(true);
        boolean drive = name.length() == 2
                && Character.isLetter(name.charAt(0))
                && (name.charAt(1) == ':' || name.charAt(1) == '|');
        return name.isEmpty() || drive ? null : host(name);
    }

    private static @Nullable String host(String name) throws UnsupportedBodyException {
        if (name.charAt(0) == '[') {
            return bracketed(name);
        }
        String decoded = decoded(name).toLowerCase(Locale.ROOT);
        boolean ascii = decoded.chars().allMatch(c -> c <= DELETE);
        if (!ascii || decoded.startsWith("xn--") || decoded.contains(".xn--")) {
            throw UnsupportedBodyException.form("an address with an international domain name");
        }
        boolean allowed = decoded.chars().allMatch(c -> c > ' ' && c != '%' && c != DELETE && FORBIDDEN.indexOf(c) < 0);
        return allowed ? Ipv4Host.fault(decoded) : INVALID_NAME;
    }

    private static @Nullable String opaqueHost(String name) throws UnsupportedBodyException {
        if (name.charAt(0) == '[') {
            return bracketed(name);
        }
        return name.chars().anyMatch(c -> FORBIDDEN.indexOf(c) >= 0) ? "invalid domain character" : null;
    }

    private static @Nullable String bracketed(String name) throws UnsupportedBodyException {
        String address = name.substring(1, Math.max(1, name.length() - 1));
        boolean closed = name.length() > 1 && name.endsWith("]");
        boolean plain =
                address.chars().allMatch(c -> c == ':' || c == '.' || Character.digit(c, HEX) >= 0 && c <= DELETE);
        if (!closed || !plain || address.indexOf(':') < 0) {
            return INVALID_V6;
        }
        try {
            Inet6Address.ofLiteral(address);
            return null;
        } catch (IllegalArgumentException e) {
            throw UnsupportedBodyException.form("an address with an odd IPv6 address");
        }
    }

    /// With the percent-encoded characters it stands for; what is not ASCII is one odd character.
    private static String decoded(String name) {
        StringBuilder decoded = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            int high = c == '%' && i + 2 < name.length() ? Character.digit(name.charAt(i + 1), HEX) : -1;
            int low = high >= 0 ? Character.digit(name.charAt(i + 2), HEX) : -1;
            if (low >= 0) {
                decoded.append((char) (high * HEX + low));
                i += 2;
            } else {
                decoded.append(c);
            }
        }
        return decoded.toString();
    }

    private static boolean isSlash(int c) {
        return c == '/' || c == '\\';
    }

    /// The next character that is not left out, -1 at the end.
    private int peek() {
        while (next < end && (url.charAt(next) == '\t' || url.charAt(next) == '\n' || url.charAt(next) == '\r')) {
            next++;
        }
        return next < end ? url.charAt(next) : -1;
    }

    private int take() {
        int c = peek();
        next++;
        return c;
    }
}
