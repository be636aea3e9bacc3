package io.kvepp.kvevents.testing;

import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.worker.KvEventPublisher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// Answers when the test says so.
public final class FakeRecoveryClient implements RecoveryClient {
    private final List<Question> questions = new ArrayList<>();

    public record Question(
            KvEventPublisher publisher, OptionalLong startEventId, CompletableFuture<RecoveryReply> answer) {}

    public synchronized List<Question> questions() {
        return List.copyOf(questions);
    }

    public Question last() {
        return questions().getLast();
    }

    @Override
    public boolean canRecover(KvEventPublisher publisher) {
        return publisher.recoveryTarget() != null;
    }

    @Override
    public synchronized CompletableFuture<RecoveryReply> recover(
            KvEventPublisher publisher, OptionalLong startEventId, Duration timeout) {
        Question question = new Question(publisher, startEventId, new CompletableFuture<>());
        questions.add(question);
        return question.answer();
    }
}
