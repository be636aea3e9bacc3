package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MeetingTest {
    private static final Meeting MEETING =
            new Meeting("10.0.0.5", 50_100, 7, UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f"));

    @Test
    void aWorkerOfMessagePackGetsTheHandoffIdAsSixteenBytes() throws Exception {
        Fields told = Fields.read(MEETING.toMsgpack(PayloadCodec.MSGPACK));
        assertThat(new MsgpackReader(told.raw("handoff_id")).binary())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        assertThat(told.text("bootstrap_host")).isEqualTo("10.0.0.5");
    }

    @Test
    void aWorkerOfJsonGetsTheHandoffIdAsText() throws Exception {
        HopBody body = new HopBody(Fields.none()).meetingAt(MEETING);
        assertThat(new String(body.encoded(PayloadCodec.JSON), StandardCharsets.UTF_8))
                .isEqualTo("{\"bootstrap_info\":{\"bootstrap_host\":\"10.0.0.5\",\"bootstrap_port\":50100,"
                        + "\"bootstrap_room\":7,\"handoff_id\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\"}}");
    }
}
