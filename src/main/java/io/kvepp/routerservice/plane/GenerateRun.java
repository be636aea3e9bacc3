package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request of `generate`, from its first worker to its last item.
///
/// Confined.
final class GenerateRun {
    /*
     * When another worker is tried
     * ----------------------------
     * A worker that never took the request costs nothing but time: the next is tried, a few times at most. One that
     * broke off is a migration, of which the options allow so many: the next worker gets the prompt and the tokens that
     * the caller has. Neither happens when the caller chose the worker, has left, or has something that tokens alone do
     * not tell.
     */
    private static final Logger LOG = LoggerFactory.getLogger(GenerateRun.class);
    private static final int NOT_TAKEN_MAX = 8;

    private final GenerateParts parts;
    private final EndpointRequest source;
    private final GenerateRequest request;
    private final EndpointAnswer answer;
    private final Relayed relayed = new Relayed();
    private final Set<Long> avoided = new HashSet<>();
    private String id;
    private int notTaken;
    private int migrations;

    GenerateRun(GenerateParts parts, EndpointRequest source, GenerateRequest request, EndpointAnswer answer) {
        this.parts = parts;
        this.source = source;
        this.request = request;
        this.answer = answer;
        id = source.id();
    }

    void run() throws EndpointException, IOException, MalformedMessageException {
        answer.open();
        for (int number = 0; ; number++) {
            try {
                attempt(number);
                return;
            } catch (HopFailure e) {
                if (!mayTryAgain(e)) {
                    throw e.forCaller();
                }
                LOG.debug("a request goes to another worker: {}", e.getMessage());
                avoided.add(e.workerId());
                if (isComplete()) {
                    answer.send(Codecs.encoded(source.codec(), lengthReached()));
                    return;
                }
            }
        }
    }

    private void attempt(int number) throws EndpointException, HopFailure, IOException, MalformedMessageException {
        Fleet fleet = parts.fleet().get();
        if (fleet.first() == null) {
            throw GenerateEndpoint.nobody(fleet);
        }
        Attempt attempt = new Attempt(request, id, source.metadata(), answer, number, relayed.tokenIds(), avoided);
        Prefilled prefilled = new PrefillHop(parts, attempt, fleet).run();
        try {
            new DecodeHop(parts, attempt, fleet, relayed, source.codec()).run(prefilled);
        } catch (HopFailure e) {
            if (!fleet.served().contains(e.workerId())) {
                // The decode worker, which may be asked again, still ends what it has under the id.
                id = parts.ids().get().toString();
            }
            throw e;
        }
    }

    private boolean mayTryAgain(HopFailure failure) {
        if (answer.isStopped() || request.pins().any() || !othersAreLeft(failure.workerId())) {
            return false;
        }
        return switch (failure.progress()) {
            case NOT_TAKEN -> relayed.canBeCarried() && notTaken++ < NOT_TAKEN_MAX;
            case BROKEN_OFF -> relayed.canBeCarried() && migrations++ < parts.migrationsMax();
            case REFUSED -> false;
        };
    }

    private boolean othersAreLeft(long failed) {
        Fleet fleet = parts.fleet().get();
        Set<Long> pool = fleet.served().contains(failed) ? fleet.served() : fleet.prefillWorkers();
        Set<Long> left = new HashSet<>(pool);
        left.removeAll(avoided);
        left.remove(failed);
        return !left.isEmpty();
    }

    /// All tokens had been generated; only the word that it is the end is missing.
    private boolean isComplete() {
        @Nullable Long max = request.outputTokensMax();
        return max != null && relayed.tokens() >= max;
    }

    private static byte[] lengthReached() {
        return new MsgpackWriter()
                .map(2)
                .string("token_ids")
                .array(0)
                .string("finish_reason")
                .string("length")
                .toBytes();
    }
}
