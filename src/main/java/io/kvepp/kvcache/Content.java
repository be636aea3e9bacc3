package io.kvepp.kvcache;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// The prefix tree itself: which blocks follow which.
///
/// Confined to the index's writer; readers start at [#prompts].
final class Content {
    /// A run is moved to less memory when that many further removals left it as it is.
    private static final int SHRINK_AFTER_REMOVALS = 64;

    private static final int SHRINKING_MAX = 4096;

    /// Runs that are moved with one removal.
    private static final int SHRUNK_AT_ONCE = 32;

    /// Runs that are weighed for all.
    private static final int WEIGHED = 256;

    private record Shrinkable(Run run, long removals) {}

    private final IndexLimits limits;
    private final RunMemory memory;
    private final IdTable<Run> runs;
    private final Holdings holdings;
    private final NameTables tables;
    private final Kids prompts;
    private final ArrayDeque<Shrinkable> shrinkable = new ArrayDeque<>();
    private long removals;
    private long blocks;
    private long nodes;

    /// Until they are weighed: those of a run with one node and one owner.
    private double bytesPerRun = 128;

    private long promptsBytes;

    Content(IndexLimits limits, RunMemory memory, IdTable<Run> runs, Holdings holdings, NameTables tables) {
        this.limits = limits;
        this.memory = memory;
        this.runs = runs;
        this.holdings = holdings;
        this.tables = tables;
        prompts = new Kids(limits.mix(), null);
    }

    /// The nodes that start a prompt.
    Kids prompts() {
        return prompts;
    }

    long blocks() {
        return blocks;
    }

    long nodes() {
        return nodes;
    }

    /// An estimate of what nodes, their owners and runs take besides their blocks, as of the last
    /// [#weigh].
    long heapBytes() {
        return promptsBytes + (long) (bytesPerRun * runs.count()) + runs.bytes();
    }

    /// To be called now and then.
    void weigh() {
        long bytes = 0;
        int weighed = 0;
        int end = runs.end();
        int step = Math.max(1, end / WEIGHED);
        int id = runs.nextInUse(0);
        while (id >= 0) {
            bytes += runs.get(id).heapBytes();
            weighed++;
            int from = id - id % step + step;
            id = from < end ? runs.nextInUse(from) : -1;
        }
        if (weighed > 0) {
            bytesPerRun = (double) bytes / weighed;
        }
        promptsBytes = prompts.heapBytes();
    }

    /// The kids of the node, or those that start a prompt; null for none.
    @Nullable
    Kids kidsOf(@Nullable Node node) {
        return node == null ? prompts : node.kids();
    }

    /// Whether nodes and runs may become more.
    boolean hasRoom() {
        return runs.hasRoom() && memory.hasRoomBeside(heapBytes() + tables.heapBytes());
    }

    /// Divides a node in front of its block `at`; what was before it.
    Node split(Node node, int at) {
        Node head = node.part(0, at, node.siblings, holdings.slotCount());
        Kids tails = new Kids(limits.mix(), head);
        Node tail = node.part(at, node.length(), tails, holdings.slotCount());
        Kids kids = node.kids();
        if (kids != null) {
            kids.parent = tail;
            tail.setKids(kids);
        }
        tails.add(tail);
        head.setKids(tails);
        node.run.split(node, head, tail);
        node.siblings.replace(node, head);
        nodes++;
        return head;
    }

    /// Blocks that can be appended to the node without a new run.
    int roomBehind(@Nullable Node node) {
        if (node == null || node.kids() != null || !node.run.named) {
            return 0;
        }
        return Math.min(node.run.capacity(), limits.runBlocksMax()) - node.run.used();
    }

    /// A run without blocks, to follow `parent`; null when memory is used up. It goes with [#discard]
    /// or gets its first node with [#attach].
    ///
    /// @param blocks to come now
    @Nullable
    Run newRun(@Nullable Node parent, int blocks, boolean named) {
        int capacity = blocks;
        if (named && parent != null && parent.kids() == null) {
            // A sequence that grows block by block needs a node for every eighth of it, not for every block.
            capacity = Math.max(blocks, Math.min(Math.clamp(parent.run.used() / 8, 4, 64), limits.runBlocksMax()));
        }
        RunMemory.@Nullable Slab slab = hasRoom() ? memory.slabFor(Run.longs(capacity, named)) : null;
        if (slab == null) {
            return null;
        }
        Run run = new Run(runs.reserve(), named, slab);
        runs.set(run.id, run);
        return run;
    }

    void discard(Run run) {
        memory.free(run.slab(), run.base());
        runs.release(run.id);
    }

    /// Makes the run's first `count` blocks, written before, follow `parent`.
    Node attach(@Nullable Node parent, Run run, int count) {
        Kids kids = kidsOf(parent);
        boolean first = kids == null;
        if (kids == null) {
            kids = new Kids(limits.mix(), parent);
        }
        run.setUsed(count);
        Node node = new Node(run, 0, count, kids);
        run.addLast(node);
        kids.add(node);
        if (first && parent != null) {
            parent.setKids(kids);
        }
        blocks += count;
        nodes++;
        return node;
    }

    /// Makes the next `count` blocks of the node's run, written before, part of the node.
    void extend(Node node, int count) {
        node.run.setUsed(node.run.used() + count);
        node.extend(count);
        blocks += count;
    }

    /// The same as [#trim], after somebody let go of the node's blocks up to `end`: what is behind
    /// them somebody holds, or follows.
    void trimUpTo(Node node, int end) {
        if (end >= node.length()) {
            trim(node);
        }
    }

    /// Cuts off what nobody holds at the end of the node, and then of what it followed.
    void trim(@Nullable Node start) {
        Node node = start;
        while (node != null && node.kids() == null) {
            int live = node.liveLength();
            if (live == node.length()) {
                return;
            }
            Run run = node.run;
            tables.unname(run, node.from + live, node.length() - live);
            blocks -= node.length() - live;
            run.setUsed(node.from + live);
            if (live > 0) {
                node.shorten(live);
                offerToShrink(run);
                return;
            }
            run.removeLast();
            nodes--;
            node = unlink(node);
            if (run.segmentCount() == 0) {
                discard(run);
            } else {
                offerToShrink(run);
            }
        }
    }

    /// What the node followed.
    private static @Nullable Node unlink(Node node) {
        Kids siblings = node.siblings;
        siblings.remove(node);
        Node parent = siblings.parent;
        if (parent != null && siblings.isEmpty()) {
            parent.setKids(null);
        }
        return parent;
    }

    /// Whether the block at `place` is before block `end` of the node, on the way from the prompt's
    /// start.
    boolean isBefore(long place, @Nullable Node node, int end) {
        int position = Place.position(place);
        for (Node at = node; at != null; at = at.siblings.parent) {
            int blocks = at == node ? end : at.length();
            if (at.run.id == Place.id(place) && position >= at.from && position < at.from + blocks) {
                return true;
            }
        }
        return false;
    }

    /// To be called after a removal.
    void shrinkOld() {
        removals++;
        for (int i = 0; i < SHRUNK_AT_ONCE; i++) {
            Shrinkable next = shrinkable.peek();
            if (next == null
                    || next.removals + SHRINK_AFTER_REMOVALS > removals && shrinkable.size() <= SHRINKING_MAX) {
                return;
            }
            shrinkable.remove();
            next.run.setAwaitsShrinking(false);
            if (next.run.segmentCount() > 0) {
                shrink(next.run);
            }
        }
    }

    private void offerToShrink(Run run) {
        if (!run.awaitsShrinking() && isTooLarge(run)) {
            run.setAwaitsShrinking(true);
            shrinkable.add(new Shrinkable(run, removals));
        }
    }

    private static boolean isTooLarge(Run run) {
        return 5 * RunMemory.sizeFor(Run.longs(Math.max(1, run.used()), run.named)) <= 4 * run.slab().size;
    }

    private void shrink(Run run) {
        RunMemory.@Nullable Slab slab = isTooLarge(run) ? memory.slabFor(Run.longs(run.used(), run.named)) : null;
        if (slab != null) {
            move(run, slab);
        }
    }

    /// Moves the run to where memory is well used. To be called after a removal.
    void pack(Run run) {
        RunMemory.@Nullable Slab slab = memory.slabToPack(Run.longs(Math.max(1, run.capacity()), run.named));
        if (slab != null) {
            move(run, slab);
        }
    }

    private void move(Run run, RunMemory.Slab slab) {
        memory.free(run.slab(), run.base());
        run.moveTo(slab);
        for (int i = 0; i < run.segmentCount(); i++) {
            Node node = run.segment(i);
            Node moved = node.moved();
            Kids kids = node.kids();
            if (kids != null) {
                kids.parent = moved;
            }
            run.replaceSegment(i, moved);
            node.siblings.replace(node, moved);
        }
    }
}
