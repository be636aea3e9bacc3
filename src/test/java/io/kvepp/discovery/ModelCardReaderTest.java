package io.kvepp.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.discovery.testing.StoreFixture;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCardReaderTest {
    private static final String CONFIG_SUM = "blake3:6d23d94e2d46208c2a11f65930926285461f4bb9139c1f2f5b0ee332c8147c9e";
    private static final String TOKENIZER_SUM =
            "blake3:b71548bd6f0f1126456208816744dd3bfb7f47bce2000146119a1e14b4ea60f8";
    private static final String TOKENIZER_CONFIG_SUM =
            "blake3:ecf660917180445dbe17217e3355903899dbcdf54b2f34e05c8c80c33775f670";

    private final DiscoveryRecordReader reader = new DiscoveryRecordReader();

    @ParameterizedTest(name = "{0}, component {1}: {2}")
    @CsvSource({
        "agg, backend, AGGREGATED, 1, true",
        "agg-dp2-http, backend, AGGREGATED, 2, true",
        "disagg-dp2, prefill, PREFILL, 2, true",
        "disagg-dp2, backend, DECODE, 2, false",
    })
    void readsRoleRanksAndEventsOfRealCards(
            String store, String component, WorkerRole role, int dpSize, boolean publishes) throws Exception {
        List<ModelCard> cards = new ArrayList<>();
        for (Path entry : StoreFixture.entries(store, "mdc")) {
            DiscoveryRecord.Model model = (DiscoveryRecord.Model) reader.read(Files.readAllBytes(entry));
            if (model.endpoint().equals(new EndpointId("dynamo", component, "generate"))) {
                cards.add(model.card());
            }
        }
        assertThat(cards).hasSize(2).allSatisfy(card -> {
            assertThat(card.role()).isEqualTo(role);
            assertThat(card.ranks().size()).isEqualTo(dpSize);
            assertThat(card.ranks().start()).isZero();
            assertThat(card.cache().publishesEvents()).isEqualTo(publishes);
        });
    }

    @Test
    void readsEveryFieldOfARealCard() throws MalformedRecordException {
        DiscoveryRecord.Model model =
                (DiscoveryRecord.Model) reader.read(StoreFixture.bytes("card/router-mode-kv.json"));

        assertThat(model.foreignSourceMode()).isNull();
        assertThat(model.card())
                .isEqualTo(new ModelCard(
                        "tiny-chat",
                        List.of(),
                        null,
                        WorkerRole.AGGREGATED,
                        KvCacheProfile.of(16, true),
                        new EngineLimits(8192, 16384, 8192),
                        DpRanks.ONE,
                        new PromptProfile(true, null, null, "json_string", null, List.of()),
                        new RoutingProfile("k_v", Set.of(), KvTransfer.ANY),
                        new ModelFiles(
                                new FileReference("/models/tiny-chat/config.json", CONFIG_SUM, 382),
                                new FileReference("/models/tiny-chat/tokenizer.json", TOKENIZER_SUM, 42782),
                                new FileReference("/models/tiny-chat/tokenizer_config.json", TOKENIZER_CONFIG_SUM, 903),
                                null,
                                List.of())));
    }

    @Test
    void absentFieldsHaveDynamosDefaults() throws MalformedRecordException {
        assertThat(card("'display_name':'m','kv_cache_block_size':64,'runtime_config':null,'later':[1]"))
                .isEqualTo(new ModelCard(
                        "m",
                        List.of(),
                        null,
                        WorkerRole.AGGREGATED,
                        KvCacheProfile.of(64, true),
                        EngineLimits.UNKNOWN,
                        DpRanks.ONE,
                        PromptProfile.PLAIN,
                        RoutingProfile.NONE,
                        ModelFiles.NONE));
    }

    @Test
    void whereAWorkersKvCacheMayGoIsRead() throws MalformedRecordException {
        ModelCard card = card("""
                'display_name':'m','kv_cache_block_size':64,'runtime_config':{
                  'topology_domains':{'zone':'a','rack':'7'},'kv_transfer_domain':'zone',
                  'kv_transfer_enforcement':'preferred','kv_transfer_preferred_weight':0.5}""");

        assertThat(card.routing().kvTransfer())
                .isEqualTo(new KvTransfer(
                        Map.of("zone", "a", "rack", "7"), "zone", KvTransfer.Enforcement.PREFERRED, 0.5f));
    }

    @Test
    void readsWhatOnlySomeCardsHave() throws MalformedRecordException {
        ModelCard card = card("""
                'display_name':'m','kv_cache_block_size':64,'lora':{'name':'ad','max_gpu_lora_count':4},
                'aliases':['q','r'],
                'architectural_max_context_length':40960,
                'prompt_context':['oai_chat','llama3_date_time'],
                'router_config':{'router_mode':'direct'},
                'runtime_config':{'data_parallel_start_rank':2,'data_parallel_size':4,'enable_eagle':true,
                  'exclude_tools_when_tool_choice_none':false,'reasoning_parser':'r1','tool_call_parser':'hermes',
                  'runtime_data':{'default_thinking_mode':'disabled'},
                  'kv_event_source_mode':'framework_v1',
                  'kv_state_endpoint':{'namespace':'n','component':'c','name':'e'}}""");

        assertThat(card.loraName()).isEqualTo("ad");
        assertThat(card.aliases()).containsExactly("q", "r");
        assertThat(card.limits().contextLengthTokens()).isEqualTo(40960);
        assertThat(card.routing().routerMode()).isEqualTo("direct");
        assertThat(card.prompt().defaultThinkingMode()).isEqualTo("disabled");
        assertThat(card.prompt().context()).containsExactly("oai_chat", "llama3_date_time");
        assertThat(card.ranks().start()).isEqualTo(2);
        assertThat(card.ranks().size()).isEqualTo(4);
        assertThat(card.cache().eagle()).isTrue();
        assertThat(card.cache().publishesEvents()).isTrue();
        assertThat(card.prompt().excludeToolsWhenToolChoiceNone()).isFalse();
        assertThat(card.prompt().reasoningParser()).isEqualTo("r1");
        assertThat(card.prompt().toolCallParser()).isEqualTo("hermes");
        assertThat(card.cache().stateEndpoint()).isEqualTo(new EndpointId("n", "c", "e"));
    }

    @ParameterizedTest(name = "{0}, {1} -> {2}")
    @CsvSource({
        "null, null, AGGREGATED",
        "null, 'Chat | Completions', AGGREGATED",
        "null, 'Chat | Prefill', PREFILL",
        "null, Prefill, PREFILL",
        "null, PrefillLike, AGGREGATED",
        "null, '', AGGREGATED",
        "decode, 'Chat | Prefill', DECODE",
        "prefill, '', PREFILL",
        "encode, null, ENCODE",
        "aggregated, Prefill, AGGREGATED",
    })
    void theWorkerTypeDecidesTheRoleAndTheModelTypeOnlyWithoutOne(String workerType, String modelType, WorkerRole role)
            throws MalformedRecordException {
        String json = "'display_name':'m','kv_cache_block_size':1,'worker_type':" + quoted(workerType)
                + ",'model_type':" + quoted(modelType);
        assertThat(card(json).role()).isEqualTo(role);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'prompt_formatter':{'hf_tokenizer_config_json':{'path':'/p'}}|null|/p|null",
                "'prompt_formatter':{'hf_chat_template':{'is_custom':true,'file':{'path':'/t'}}}|null|null|/t",
                "'chat_template_file':{'hf_chat_template':{'is_custom':false,'file':{'path':'/t'}}}|null|null|/t",
                "'chat_template_file':{'hf_chat_template':{'path':'/t'}}|null|null|/t",
                "'chat_template_file':{'hf_chat_template_jinja':{'is_custom':false,'file':{'path':'/t'}}}|null|null|/t",
                "'chat_template_file':{'hf_chat_template_json':{'is_custom':false,'file':{'path':'/t'}}}|null|null|/t",
                "'chat_template_file':{'hf_chat_template':{'file':{'path':'/t'}}},"
                        + "'prompt_formatter':{'hf_chat_template_json':{'file':{'path':'/other'}}}|null|null|/t",
                "'tokenizer':{'hf_tokenizer_json':{'path':'hf://a/b/tokenizer.json'}}"
                        + "|hf://a/b/tokenizer.json|null|null",
                "'tokenizer':{'tik_token_model':{'path':'/x.tiktoken'}}|/x.tiktoken|null|null",
                "'tokenizer':{'of_a_later_release':{'path':'/x'}}|null|null|null",
                "'tokenizer':null|null|null|null",
            })
    void readsEveryVariantOfAFile(String field, String tokenizer, String tokenizerConfig, String template)
            throws MalformedRecordException {
        ModelFiles files =
                card("'display_name':'m','kv_cache_block_size':1," + field).files();

        assertThat(pathOf(files.tokenizer())).isEqualTo(tokenizer);
        assertThat(pathOf(files.tokenizerConfig())).isEqualTo(tokenizerConfig);
        assertThat(pathOf(files.chatTemplate())).isEqualTo(template);
    }

    @Test
    void readsExtraFilesWithOrWithoutChecksumAndSize() throws MalformedRecordException {
        assertThat(card("'display_name':'m','kv_cache_block_size':1,'extra_files':"
                                + "[{'path':'/a','checksum':'blake3:00','size':613},{'path':'/b'}]")
                        .files()
                        .extra())
                .containsExactly(new FileReference("/a", "blake3:00", 613), new FileReference("/b", null, -1));
    }

    @ParameterizedTest
    @CsvSource({"state_agent_v2", "of_a_later_release"})
    void anotherWayToAnnounceEventsIsRecognised(String mode) throws MalformedRecordException {
        DiscoveryRecord.Model model = model("'display_name':'m','kv_cache_block_size':1,'runtime_config':"
                + "{'kv_event_source_mode':'" + mode + "','kv_event_publishing_enabled':true}");

        assertThat(model.foreignSourceMode()).isEqualTo(mode);
        assertThat(model.card().cache().publishesEvents()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'kv_cache_block_size':1|display_name: absent",
                "'display_name':'m'|kv_cache_block_size: absent (expected: 1 .. 65536)",
                "'display_name':'m','kv_cache_block_size':0|kv_cache_block_size: 0 (expected: 1 .. 65536)",
                "'display_name':'m','kv_cache_block_size':4294967296|kv_cache_block_size: 4294967296",
                "'display_name':'m','kv_cache_block_size':16.5|kv_cache_block_size: 16.5",
                "'display_name':'m','kv_cache_block_size':1,'worker_type':'draft'|worker_type: \"draft\"",
                "'display_name':'m','kv_cache_block_size':1,'aliases':['a',1]|aliases[1]: 1 (expected: a string)",
                "'display_name':'m','kv_cache_block_size':1,'aliases':'a'|aliases: \"a\" (expected: an array)",
                "'display_name':'m','kv_cache_block_size':1,'lora':{}|lora.name: absent",
                "'display_name':'m','kv_cache_block_size':1,'tokenizer':{'hf_tokenizer_json':{}}"
                        + "|tokenizer.hf_tokenizer_json.path: absent",
                "'display_name':'m','kv_cache_block_size':1,'tokenizer':{'hf_tokenizer_json':{'path':'/a','size':-1}}"
                        + "|tokenizer.hf_tokenizer_json.size: -1",
                "'display_name':'m','kv_cache_block_size':1,'runtime_config':{'data_parallel_size':0}"
                        + "|runtime_config.data_parallel_size: 0 (expected: 1 .. 4096)",
                "'display_name':'m','kv_cache_block_size':1,'runtime_config':{'total_kv_blocks':18446744073709551615}"
                        + "|runtime_config.total_kv_blocks: 18446744073709551615",
                "'display_name':'m','kv_cache_block_size':1,'runtime_config':{'enable_eagle':'no'}"
                        + "|runtime_config.enable_eagle: \"no\" (expected: true or false)",
                "'display_name':'m','kv_cache_block_size':1,'runtime_config':7|runtime_config: 7 (expected: an object)",
            })
    void whatIsWrongIsNamedByItsPath(String fields, String message) {
        assertThatThrownBy(() -> card(fields))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("card_json." + message);
    }

    @Test
    void aLongValueIsCutInTheMessage() {
        assertThatThrownBy(() -> card("'display_name':'m','kv_cache_block_size':'" + "x".repeat(10_000) + "'"))
                .hasMessageMatching(".{1,200}");
    }

    private ModelCard card(String fields) throws MalformedRecordException {
        return model(fields).card();
    }

    private DiscoveryRecord.Model model(String fields) throws MalformedRecordException {
        String json = "{'type':'Model','namespace':'n','component':'c','endpoint':'e','instance_id':1,'card_json':{"
                + fields + "}}";
        return (DiscoveryRecord.Model) reader.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static String quoted(String text) {
        return text.equals("null") ? "null" : "'" + text + "'";
    }

    private static String pathOf(@Nullable FileReference file) {
        return file == null ? "null" : file.path();
    }
}
