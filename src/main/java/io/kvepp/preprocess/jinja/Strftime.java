package io.kvepp.preprocess.jinja;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/// Formats a moment by a C-style pattern, in English. `%-d` drops padding, `%_d` pads with spaces,
/// `%0d` with zeros.
final class Strftime {
    private static final int OUTPUT_CHARS_MAX = 100_000;
    private static final String PADDINGS = "-_0";
    private static final char NO_PADDING = '-';

    private Strftime() {}

    static String format(String pattern, ZonedDateTime moment) throws JinjaRenderException {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < pattern.length()) {
            char c = pattern.charAt(at++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            char padding = 0;
            if (at < pattern.length() && PADDINGS.indexOf(pattern.charAt(at)) >= 0) {
                padding = pattern.charAt(at++);
            }
            if (at == pattern.length() || out.length() > OUTPUT_CHARS_MAX) {
                throw new JinjaRenderException("strftime_now: pattern ends in '%' or is too long");
            }
            append(out, pattern.charAt(at++), padding, moment);
        }
        return out.toString();
    }

    private static void append(StringBuilder out, char field, char padding, ZonedDateTime moment)
            throws JinjaRenderException {
        switch (field) {
            case '%' -> out.append('%');
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case 'A', 'a', 'B', 'b', 'h', 'p', 'P', 'Z' -> out.append(word(field, moment));
            case 'z' ->
                out.append(
                        moment.getOffset().getTotalSeconds() == 0
                                ? "+0000"
                                : moment.getOffset().getId().replace(":", ""));
            case 's' -> out.append(moment.toEpochSecond());
            case 'f' -> number(out, moment.getNano(), 9, '0', padding);
            case 'F' -> out.append(format("%Y-%m-%d", moment));
            case 'T', 'X' -> out.append(format("%H:%M:%S", moment));
            case 'R' -> out.append(format("%H:%M", moment));
            case 'r' -> out.append(format("%I:%M:%S %p", moment));
            case 'D', 'x' -> out.append(format("%m/%d/%y", moment));
            case 'c' -> out.append(format("%a %b %e %H:%M:%S %Y", moment));
            case 'v' -> out.append(format("%e-%b-%Y", moment));
            case 'e', 'k', 'l' -> number(out, value(field, moment), 2, ' ', padding);
            case 'u', 'w', 'q' -> number(out, value(field, moment), 1, '0', padding);
            case 'j' -> number(out, moment.getDayOfYear(), 3, '0', padding);
            case 'Y', 'G' -> number(out, value(field, moment), 4, '0', padding);
            default -> number(out, value(field, moment), 2, '0', padding);
        }
    }

    private static String word(char field, ZonedDateTime moment) {
        String half = moment.getHour() < 12 ? "AM" : "PM";
        return switch (field) {
            case 'A' -> moment.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> moment.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> moment.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'p' -> half;
            case 'P' -> half.toLowerCase(Locale.ROOT);
            case 'Z' ->
                moment.getOffset().getTotalSeconds() == 0
                        ? "+00:00"
                        : moment.getOffset().getId();
            default -> moment.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
        };
    }

    private static long value(char field, ZonedDateTime moment) throws JinjaRenderException {
        int dayOfWeek = moment.getDayOfWeek().getValue();
        int hour = moment.getHour();
        return switch (field) {
            case 'Y' -> moment.getYear();
            case 'C' -> Math.floorDiv(moment.getYear(), 100);
            case 'y' -> Math.floorMod(moment.getYear(), 100);
            case 'm' -> moment.getMonthValue();
            case 'q' -> moment.get(IsoFields.QUARTER_OF_YEAR);
            case 'd', 'e' -> moment.getDayOfMonth();
            case 'H', 'k' -> hour;
            case 'I', 'l' -> moment.get(ChronoField.CLOCK_HOUR_OF_AMPM);
            case 'M' -> moment.getMinute();
            case 'S' -> moment.getSecond();
            case 'u' -> dayOfWeek;
            case 'w' -> dayOfWeek % 7;
            case 'U' -> (moment.getDayOfYear() + 6 - dayOfWeek % 7) / 7;
            case 'W' -> (moment.getDayOfYear() + 6 - (dayOfWeek - 1)) / 7;
            case 'V' -> moment.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
            case 'G' -> moment.get(IsoFields.WEEK_BASED_YEAR);
            case 'g' -> moment.get(IsoFields.WEEK_BASED_YEAR) % 100;
            default ->
                throw new JinjaRenderException("strftime_now: '%" + field + "' (expected: a conversion of strftime)");
        };
    }

    private static void number(StringBuilder out, long value, int digits, char usual, char padding) {
        String text = Long.toString(value);
        char pad = padding == 0 ? usual : padding == '_' ? ' ' : padding;
        if (pad != NO_PADDING) {
            out.repeat(pad, Math.max(0, digits - text.length()));
        }
        out.append(text);
    }
}
