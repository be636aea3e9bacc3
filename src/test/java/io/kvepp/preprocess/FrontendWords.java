package io.kvepp.preprocess;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whether what a client is told here is what the frontend tells it.
final class FrontendWords {
    /// Behind these the frontend says what its library says, and we say what we would say.
    private static final List<Pattern> OWN_WORDS_BEHIND = List.of(
            Pattern.compile("Failed to deserialize the JSON body into the target type: "),
            Pattern.compile("Failed to convert request: invalid nvext: "),
            Pattern.compile("(Validation: )?`messages\\[\\d+]\\.tool_calls\\[\\d+]\\.function\\.arguments`"
                    + " must be a valid JSON object string"),
            Pattern.compile("Validation: Logit bias value for token '\\d+' must be a number"));

    /// What the frontend says of a prompt it cannot make; we say more.
    private static final String GENERIC = "Invalid request";

    /// The frontend repeats the names of all fields it does not know, in no order.
    private static final String UNKNOWN_FIELDS = "Validation: Unsupported parameter(s): `";

    private static final int REPEATED_CHARS_MAX = 1_000;

    private FrontendWords() {}

    static boolean areSame(String ours, String theirs) {
        boolean own = OWN_WORDS_BEHIND.stream().anyMatch(words -> {
            Matcher start = words.matcher(theirs);
            return start.lookingAt() && ours.startsWith(start.group());
        });
        boolean repeated = theirs.length() > REPEATED_CHARS_MAX
                && theirs.startsWith(UNKNOWN_FIELDS)
                && ours.startsWith(UNKNOWN_FIELDS);
        return own || repeated || theirs.equals(ours) || (theirs.equals(GENERIC) && ours.startsWith(GENERIC + ": "));
    }
}
