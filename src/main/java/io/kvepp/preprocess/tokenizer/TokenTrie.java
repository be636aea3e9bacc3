package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import java.util.BitSet;

/// Strings with ids, searched leftmost first, then longest.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
final class TokenTrie {
    private static final int NO_ID = -1;
    private static final int INITIAL_SLOTS = 64;

    /*
     * One open-addressing table holds all edges: key = node << 16 | char, value = child node. Keys are stored
     * plus one, so that zero means empty. The table is never more than half full.
     */
    private long[] keys = new long[INITIAL_SLOTS];
    private int[] children = new int[INITIAL_SLOTS];
    private int[] idOfNode = {NO_ID};
    private int nodes = 1;
    private final BitSet firstChars = new BitSet();

    /// Of two ids for the same text the first stays.
    void add(String text, int id) {
        if (text.isEmpty()) {
            return;
        }
        firstChars.set(text.charAt(0));
        int node = 0;
        for (int i = 0; i < text.length(); i++) {
            int child = child(node, text.charAt(i));
            node = child != 0 ? child : addChild(node, text.charAt(i));
        }
        if (idOfNode[node] == NO_ID) {
            idOfNode[node] = id;
        }
    }

    boolean isEmpty() {
        return firstChars.isEmpty();
    }

    /// Index of the first char at or behind `from` that some text starts with, or the length.
    int candidate(String text, int from) {
        if (firstChars.cardinality() == 1) {
            int index = text.indexOf(firstChars.nextSetBit(0), from);
            return index < 0 ? text.length() : index;
        }
        int i = from;
        while (i < text.length() && !firstChars.get(text.charAt(i))) {
            i++;
        }
        return i;
    }

    /// The longest text that stands at `at`: `end << 32 | id`, or -1.
    long longestAt(String text, int at) {
        long best = -1;
        int node = 0;
        for (int i = at; i < text.length(); i++) {
            node = child(node, text.charAt(i));
            if (node == 0) {
                break;
            }
            if (idOfNode[node] != NO_ID) {
                best = ((long) (i + 1) << 32) | idOfNode[node];
            }
        }
        return best;
    }

    private static long edge(int node, char c) {
        return (((long) node << 16) | c) + 1;
    }

    private int child(int node, char c) {
        long key = edge(node, c);
        for (int slot = slotOf(key, keys.length); keys[slot] != 0; slot = (slot + 1) & (keys.length - 1)) {
            if (keys[slot] == key) {
                return children[slot];
            }
        }
        return 0;
    }

    private int addChild(int node, char c) {
        if (2 * nodes >= keys.length) {
            grow();
        }
        int child = nodes++;
        if (child == idOfNode.length) {
            idOfNode = Arrays.copyOf(idOfNode, 2 * child);
            Arrays.fill(idOfNode, child, 2 * child, NO_ID);
        }
        put(edge(node, c), child);
        return child;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldChildren = children;
        keys = new long[2 * oldKeys.length];
        children = new int[2 * oldKeys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                put(oldKeys[i], oldChildren[i]);
            }
        }
    }

    private void put(long key, int child) {
        int slot = slotOf(key, keys.length);
        while (keys[slot] != 0) {
            slot = (slot + 1) & (keys.length - 1);
        }
        keys[slot] = key;
        children[slot] = child;
    }

    private static int slotOf(long key, int slots) {
        return (int) (Mix.mix(key) >>> 40) & (slots - 1);
    }
}
