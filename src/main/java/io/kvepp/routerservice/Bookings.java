package io.kvepp.routerservice;

import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Bookings by the id of their request.
///
/// An id is claimed before its booking is made, so that of two requests with one id only one is
/// booked. A booking is a lease: one that is not looked up for `silenceMax` is handed out by
/// [#takeSilent].
///
/// Thread-safe; it calls nobody while it is held.
final class Bookings {
    /// Ids that are in use at a time.
    static final int BOOKINGS_MAX = 1 << 20;

    private final int max;
    private final long silenceMaxNanos;
    private final LongSupplier nanoClock;
    /// In the order in which they were last looked up.
    private final Map<String, Ticket> entries = new LinkedHashMap<>(16, 0.75f, true);

    private long silent;

    /// What asking for an id came to.
    sealed interface Claim {
        /// The id is the asker's until its booking is installed or the ticket given back.
        record Claimed(Ticket ticket) implements Claim {}

        record InUse() implements Claim {}

        record Full() implements Claim {}
    }

    /// A place under an id, empty while the booking is being made.
    static final class Ticket {
        private final String id;
        private @Nullable Booking booking;
        private long heardOfNanos;

        private Ticket(String id) {
            this.id = id;
        }
    }

    Bookings(int max, Duration silenceMax, LongSupplier nanoClock) {
        this.max = max;
        silenceMaxNanos = silenceMax.toNanos();
        this.nanoClock = nanoClock;
    }

    synchronized Claim claim(String id) {
        if (entries.containsKey(id)) {
            return new Claim.InUse();
        }
        if (entries.size() >= max) {
            return new Claim.Full();
        }
        Ticket ticket = new Ticket(id);
        entries.put(id, ticket);
        return new Claim.Claimed(ticket);
    }

    /// What the claim was for. False when the claim is gone because everything was reset; the booking
    /// is withdrawn then.
    boolean install(Ticket ticket, Booking booking) {
        boolean installed = isInstalled(ticket, booking);
        if (!installed) {
            booking.withdraw();
        }
        return installed;
    }

    @SuppressWarnings("ReferenceEquality") // the very same claim
    private synchronized boolean isInstalled(Ticket ticket, Booking booking) {
        if (entries.get(ticket.id) != ticket) {
            return false;
        }
        ticket.booking = booking;
        ticket.heardOfNanos = nanoClock.getAsLong();
        return true;
    }

    /// The booking, whose lease starts anew; null when there is none.
    synchronized @Nullable Booking heardOf(String id) {
        @Nullable Ticket entry = entries.get(id);
        if (entry == null || entry.booking == null) {
            return null;
        }
        entry.heardOfNanos = nanoClock.getAsLong();
        return entry.booking;
    }

    /// Gives a claim back; null when nothing was installed, or it is no longer here.
    synchronized @Nullable Booking remove(Ticket ticket) {
        return entries.remove(ticket.id, ticket) ? ticket.booking : null;
    }

    /// Null when there is none.
    synchronized @Nullable Booking remove(String id) {
        @Nullable Ticket entry = entries.get(id);
        if (entry == null || entry.booking == null) {
            return null;
        }
        entries.remove(id);
        return entry.booking;
    }

    /// Those of which nothing was heard for too long; they are no longer here.
    synchronized List<Booking> takeSilent() {
        List<Booking> silent = new ArrayList<>();
        long now = nanoClock.getAsLong();
        Iterator<Ticket> eldest = entries.values().iterator();
        while (eldest.hasNext()) {
            Ticket entry = eldest.next();
            if (entry.booking != null) {
                if (now - entry.heardOfNanos < silenceMaxNanos) {
                    break;
                }
                silent.add(entry.booking);
                eldest.remove();
            }
        }
        this.silent += silent.size();
        return silent;
    }

    /// All of them; claims are forgotten too.
    synchronized List<Booking> takeAll() {
        List<Booking> all = new ArrayList<>();
        for (Ticket entry : entries.values()) {
            if (entry.booking != null) {
                all.add(entry.booking);
            }
        }
        entries.clear();
        return all;
    }

    static <T> Refused<T> inUse(String id) {
        return new Refused<>(Reason.DUPLICATE, "selection_id: " + id + ": in use (expected: a new one)");
    }

    <T> Refused<T> full() {
        return new Refused<>(Reason.LIMIT, "bookings: " + max + " ids in use (expected: fewer at a time)");
    }

    static <T> Refused<T> wasReset() {
        return new Refused<>(Reason.LIMIT, "bookings: all were reset meanwhile (expected: another try)");
    }

    /// Ids in use, claims included.
    synchronized int size() {
        return entries.size();
    }

    /// Bookings given back because they were silent, since the start.
    synchronized long silent() {
        return silent;
    }
}
