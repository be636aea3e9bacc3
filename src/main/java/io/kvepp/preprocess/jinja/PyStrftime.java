package io.kvepp.preprocess.jinja;

import java.time.ZonedDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;

/// `datetime.now().strftime`: the C library's conversions for a time without a zone, in English.
final class PyStrftime {
    private static final String CONVERSIONS = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyY";
    private static final String PADDINGS = "-_0";

    private PyStrftime() {}

    static String format(String pattern, ZonedDateTime moment) throws JinjaRenderException {
        ZonedDateTime seconds = moment.truncatedTo(ChronoUnit.SECONDS);
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < pattern.length(); ) {
            char c = pattern.charAt(at);
            int end = at + 1;
            if (c == '%' && end < pattern.length()) {
                boolean padded = PADDINGS.indexOf(pattern.charAt(end)) >= 0 && end + 1 < pattern.length();
                end += padded ? 2 : 1;
                out.append(conversion(pattern.substring(at, end), moment, seconds));
            } else {
                out.append(c);
            }
            at = end;
        }
        return out.toString();
    }

    /// A conversion the C library does not know stays as it is written.
    private static String conversion(String written, ZonedDateTime moment, ZonedDateTime seconds)
            throws JinjaRenderException {
        char field = written.charAt(written.length() - 1);
        return switch (field) {
            case '%' -> "%";
            case 'f' -> "%06d".formatted(moment.get(ChronoField.MICRO_OF_SECOND));
            case 'z', 'Z' -> "";
            default -> CONVERSIONS.indexOf(field) < 0 ? written : Strftime.format(written, seconds);
        };
    }
}
