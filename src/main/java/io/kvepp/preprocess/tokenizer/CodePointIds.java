package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import java.util.Map;

/// Ids by code point.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class CodePointIds {
    /// What [#get] says for a code point that has no id.
    static final int NONE = -1;

    /*
     * Pages of 256 ids one behind the other; the first is empty and stands for all that have no id.
     */
    private static final int PAGE_BITS = 8;
    private static final int PAGE_IDS = 1 << PAGE_BITS;

    private final char[] pageOf = new char[(Character.MAX_CODE_POINT >>> PAGE_BITS) + 1];
    private int[] ids = new int[PAGE_IDS];
    private int pages = 1;

    CodePointIds() {
        Arrays.fill(ids, NONE);
    }

    /// The ids of all tokens that are one code point.
    static CodePointIds of(Map<String, Integer> vocabulary) {
        CodePointIds ids = new CodePointIds();
        vocabulary.forEach((token, id) -> {
            if (!token.isEmpty() && token.length() == Character.charCount(token.codePointAt(0))) {
                ids.put(token.codePointAt(0), id);
            }
        });
        return ids;
    }

    void put(int codePoint, int id) {
        int page = codePoint >>> PAGE_BITS;
        if (pageOf[page] == 0) {
            pageOf[page] = (char) pages;
            ids = Arrays.copyOf(ids, ++pages * PAGE_IDS);
            Arrays.fill(ids, (pages - 1) * PAGE_IDS, pages * PAGE_IDS, NONE);
        }
        ids[index(codePoint)] = id;
    }

    int get(int codePoint) {
        return ids[index(codePoint)];
    }

    private int index(int codePoint) {
        return (pageOf[codePoint >>> PAGE_BITS] << PAGE_BITS) | (codePoint & (PAGE_IDS - 1));
    }
}
