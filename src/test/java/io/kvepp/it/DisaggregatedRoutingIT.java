package io.kvepp.it;

import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Disaggregated;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Deployments.class)
class DisaggregatedRoutingIT extends RoutingContract {
    DisaggregatedRoutingIT(@Disaggregated Deployment deployment) {
        super(deployment, 2_000_000);
    }
}
