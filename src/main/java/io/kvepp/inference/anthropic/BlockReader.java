package io.kvepp.inference.anthropic;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ChatMessages;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads messages and their content blocks.
///
/// Thread-safe.
final class BlockReader {
    /// More messages than any conversation has; each costs some hundred bytes of memory.
    private static final int MESSAGES_MAX = 65_536;

    private static final Set<String> ROLES = Set.of("user", "assistant", "system");

    private BlockReader() {}

    /// One message.
    ///
    /// - `text`: null when the content is a list of blocks
    ///
    /// Immutable.
    record Turn(String role, @Nullable String text, List<Block> blocks) {}

    /// All messages; those with a fault have the right types nevertheless.
    ///
    /// Immutable.
    record Messages(List<Turn> turns) {
        boolean isEmpty() {
            return turns.isEmpty();
        }

        /// What is wrong with the first faulty message, null when none is.
        @Nullable
        String fault() {
            for (int i = 0; i < turns.size(); i++) {
                Turn turn = turns.get(i);
                if (turn.text == null && turn.blocks.isEmpty()) {
                    return "messages[" + i + "].content: must contain at least one content block";
                }
                for (int j = 0; j < turn.blocks.size(); j++) {
                    if (turn.blocks.get(j) instanceof Block.Other(var fault)) {
                        return "messages[" + i + "].content[" + j + "]" + fault;
                    }
                }
            }
            return null;
        }

        boolean media() {
            return turns.stream().anyMatch(turn -> turn.blocks.stream().anyMatch(Block::hasImage));
        }

        void addTo(List<Map<String, @Nullable Object>> messages) throws MalformedBodyException {
            for (Turn turn : turns) {
                switch (turn.role) {
                    case "system" -> messages.add(ChatMessages.system(BlockTurns.systemText(turn)));
                    case "user" -> BlockTurns.addUser(turn, messages);
                    default -> messages.add(BlockTurns.assistant(turn));
                }
            }
        }
    }

    /// The array at the parser's current token.
    static Messages read(JsonParser parser) throws IOException, MalformedBodyException, UnsupportedBodyException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw MalformedBodyException.type("messages", "no list", "a list of messages");
        }
        List<Turn> turns = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (turns.size() == MESSAGES_MAX) {
                throw UnsupportedBodyException.tooLarge("messages");
            }
            turns.add(turn(Fields.of(JsonValues.read(parser), "messages[" + turns.size() + "]")));
        }
        return new Messages(turns);
    }

    private static Turn turn(Fields message) throws MalformedBodyException, UnsupportedBodyException {
        String role = message.requiredText(ChatMessages.ROLE);
        if (!ROLES.contains(role)) {
            throw MalformedBodyException.type(message.where() + "role", "another word", "user, assistant or system");
        }
        Object content =
                message.required(message.any(ChatMessages.CONTENT), ChatMessages.CONTENT, "a text or a list of blocks");
        if (content instanceof String text) {
            return new Turn(role, text, List.of());
        }
        List<@Nullable Object> list = message.list(ChatMessages.CONTENT);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; list != null && i < list.size(); i++) {
            blocks.add(Block.of(list.get(i), message.where() + "content[" + i + "]"));
        }
        return new Turn(role, null, blocks);
    }
}
