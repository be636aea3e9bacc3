package io.kvepp.it;

import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Deployments.class)
class AggregatedRoutingIT extends RoutingContract {
    AggregatedRoutingIT(@Aggregated Deployment deployment) {
        super(deployment, 1_000_000);
    }
}
