package io.kvepp.routerservice.plane;

import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import java.io.IOException;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/// Waits for choices that are booked, and says refusals in Dynamo's words.
///
/// Thread-safe.
final class Selections {
    private final SelectionService service;

    Selections(SelectionService service) {
        this.service = service;
    }

    /// A choice that was asked for, and will be booked.
    ///
    /// Confined to one thread at a time.
    static final class Asked {
        private final CompletableFuture<Answer<Selected>> made;
        private final Runnable cancel;

        private Asked(CompletableFuture<Answer<Selected>> made, Runnable cancel) {
            this.made = made;
            this.cancel = cancel;
        }

        /// Whether there is nothing to wait for.
        boolean isMade() {
            return made.isDone();
        }

        /// Where it has to be waited for, the caller of `answer` is connected first; one that leaves
        /// meanwhile ends the wait.
        Answer<Selected> await(EndpointAnswer answer) throws IOException {
            if (!made.isDone()) {
                answer.open();
                answer.onStop(() -> {
                    cancel.run();
                    made.complete(new Answer.Refused<>(Answer.Reason.NO_WORKERS, "the caller has left"));
                });
            }
            return made.join();
        }
    }

    /// Chooses and books under `id`; does not block.
    Asked ask(String id, SelectionRequest request) {
        CompletableFuture<Answer<Selected>> made = new CompletableFuture<>();
        return new Asked(made, service.selectAndBook(id, request, made::complete));
    }

    /// The same, and waits for it.
    Answer<Selected> book(String id, SelectionRequest request, EndpointAnswer answer) throws IOException {
        return ask(id, request).await(answer);
    }

    /// The same for a request that has to find a worker whether or not its caller waits for it.
    Answer<Selected> bookPatiently(String id, SelectionRequest request) {
        CompletableFuture<Answer<Selected>> made = new CompletableFuture<>();
        var _ = service.selectAndBook(id, request, made::complete);
        return made.join();
    }

    /// The value, or the error that the refusal is.
    static <T> T given(Answer<T> answer) throws EndpointException {
        return switch (answer) {
            case Answer.Given<T>(var value) -> value;
            case Answer.Refused<T> refused -> throw new EndpointException(type(refused.reason()), text(refused));
        };
    }

    static String text(Answer.Refused<?> refused) {
        return refused.details().isEmpty()
                ? refused.message()
                : refused.message() + " " + new TreeMap<>(refused.details());
    }

    private static ErrorType type(Answer.Reason reason) {
        return switch (reason) {
            case INVALID, NOT_FOUND, DUPLICATE -> ErrorType.INVALID_ARGUMENT;
            case NO_WORKERS -> ErrorType.UNAVAILABLE;
            case OVERLOADED, LIMIT -> ErrorType.RESOURCE_EXHAUSTED;
            case INTERNAL -> ErrorType.UNKNOWN;
        };
    }
}
