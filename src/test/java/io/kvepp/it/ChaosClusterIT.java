package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.cluster.KubernetesWorkers;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EventPlane;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What happens to the API server does not keep kv-epp's index from the truth.
@ExtendWith({Clusters.class, Deployments.class})
class ChaosClusterIT {
    private static final Duration OUTAGE = Duration.ofSeconds(10);

    private final RealParts parts;
    private final Cluster cluster;

    ChaosClusterIT(RealParts parts, Cluster cluster) {
        this.parts = parts;
        this.cluster = cluster;
    }

    /// After a start the API server knows no version that it was watched from before: 410 Gone.
    @Test
    void theIndexBecomesTrueAgainAfterTheApiServerWasAwayAndItsVersionsAreGone() {
        try (KubernetesWorkers workers = new KubernetesWorkers(cluster, "chaos");
                ChaosStack chaos = new ChaosStack("kubernetes", parts, workers, EventPlane.ZMQ)
                        .withWorkers()
                        .withGateway()) {
            chaos.serve();
            cluster.stopApiServer();
            try (Traffic traffic = chaos.traffic()) {
                chaos.holdsFor(OUTAGE, "kv-epp goes on with the workers it knows", () -> chaos.keepsWorkers(2));
                ChaosStack.awaitSome(traffic);
                assertThat(chaos.gateway().admin().metric("kv_epp_discovery_connected"))
                        .isZero();
            } finally {
                cluster.startApiServer();
            }
            chaos.restartWhatEnded();
            chaos.serve();
            chaos.awaitWhole("the API server stopped for 10 s");

            cluster.compact();
            chaos.startWorker();
            chaos.stack().awaitWorkersKnown(chaos.gateway());
            chaos.serve();
            chaos.awaitWhole("the API server's versions are gone");
        }
    }
}
