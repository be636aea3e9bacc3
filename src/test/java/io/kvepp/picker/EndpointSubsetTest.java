package io.kvepp.picker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointSubsetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1:8000            | 10.0.0.1:8000      | true",
                "10.0.0.1:8001            | 10.0.0.1:8000      | false",
                "10.0.0.1                 | 10.0.0.1:8000      | true",
                "10.0.0.11                | 10.0.0.1:8000      | false",
                "10.0.0.2:8, 10.0.0.1:8   | 10.0.0.1:8         | true",
                "'  10.0.0.2 ,  ,  10.0.0.1  ' | 10.0.0.1:8    | true",
                "[::1]:8000               | [::1]:8000         | true",
                "[::1]:8001               | [::1]:8000         | false",
                "[::1]                    | [::1]:8000         | true",
                "::1                      | [::1]:8000         | true",
                "2001:DB8:0:0:0:0:0:1     | [2001:db8::1]:80   | true",
                "[2001:db8::1]:80         | [2001:DB8::0:1]:80 | true",
                "::ffff:10.0.0.1          | 10.0.0.1:80        | true",
                "[2001:db8::2]            | [2001:db8::1]:80   | false",
                "no-address               | 10.0.0.1:8         | false",
                ":::                      | [::1]:8            | false",
            })
    void anItemAllowsAnEndpointOrAllPortsOfAnAddress(String item, String endpoint, boolean allowed) {
        assertThat(EndpointSubset.of(List.of(item)).contains(endpoint)).isEqualTo(allowed);
    }

    @Test
    void anEmptyListAllowsNobody() {
        assertThat(EndpointSubset.of(List.of()).isEmpty()).isTrue();
        assertThat(EndpointSubset.of(List.of(" ", ",")).contains("10.0.0.1:8000"))
                .isFalse();
    }
}
