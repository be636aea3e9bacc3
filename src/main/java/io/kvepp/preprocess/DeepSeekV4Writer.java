package io.kvepp.preprocess;

import io.kvepp.preprocess.jinja.JinjaRenderException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes the turns of one prompt in the manner of DeepSeek V4.
///
/// Confined to one call.
final class DeepSeekV4Writer {
    private final DeepSeekV4Tags tags;
    private final List<DeepSeekTurn> turns;
    private final int lastUser;
    private final boolean thinking;
    private final boolean dropsThoughts;
    private final StringBuilder out = new StringBuilder(DeepSeekText.BEGIN);

    /// `lastUser` is the index of the turn that asks for the answer, -1 for none.
    DeepSeekV4Writer(
            DeepSeekV4Tags tags, List<DeepSeekTurn> turns, int lastUser, boolean thinking, boolean dropsThoughts) {
        this.tags = tags;
        this.turns = turns;
        this.lastUser = lastUser;
        this.thinking = thinking;
        this.dropsThoughts = dropsThoughts;
    }

    String text() {
        return out.toString();
    }

    void append(String text) {
        out.append(text);
    }

    /// A text, the tools and the form of the answer.
    void instructions(DeepSeekTurn turn) throws JinjaRenderException {
        out.append(turn.text());
        List<@Nullable Object> tools = turn.tools();
        if (tools != null) {
            out.append("\n\n").append(DeepSeekText.tools(tags.tools(), tools));
        }
        Object format = turn.responseFormat();
        if (format != null) {
            out.append("\n\n").append(DeepSeekText.responseFormat(format));
        }
    }

    void user(DeepSeekTurn turn) {
        out.append(DeepSeekText.USER);
        String separator = "";
        for (DeepSeekTurn.Block block : turn.blocks()) {
            out.append(separator);
            if (block.callId() == null) {
                out.append(block.text());
            } else {
                out.append("<tool_result>").append(block.text()).append("</tool_result>");
            }
            separator = "\n\n";
        }
    }

    void assistant(DeepSeekTurn turn, int index) throws ChatRefusedException, JinjaRenderException {
        if (thinking && (!dropsThoughts || lastUser < 0 || index > lastUser)) {
            out.append(turn.reasoning()).append(DeepSeekText.END_THINK);
        }
        out.append(turn.text());
        if (!turn.calls().isEmpty()) {
            String element = tags.element(tags.calls());
            out.append("\n\n<").append(element).append(">\n");
            String separator = "";
            for (ToolCall call : turn.calls()) {
                out.append(separator);
                call(call);
                separator = "\n";
            }
            out.append("\n</").append(element).append('>');
        }
        out.append(DeepSeekText.END);
    }

    private void call(ToolCall call) throws ChatRefusedException, JinjaRenderException {
        String element = tags.element(tags.invoke());
        Map<String, @Nullable Object> arguments = tags.arguments(call.arguments());
        out.append('<').append(element).append(" name=\"").append(call.name()).append("\">\n");
        out.append(DeepSeekText.parameters(tags.element(tags.parameter()), arguments));
        out.append("\n</").append(element).append('>');
    }

    /// Opens the answer to a turn, unless another question follows.
    void openAnswer(int index) {
        if (index + 1 < turns.size() && !turns.get(index + 1).role().equals("assistant")) {
            return;
        }
        boolean think = thinking && (!dropsThoughts || lastUser < 0 || index >= lastUser);
        out.append(DeepSeekText.ASSISTANT).append(think ? DeepSeekText.THINK : DeepSeekText.END_THINK);
    }
}
