package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateSourceTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{% generation %}x{% endgeneration %}` | `{% with %}x{% endwith %}`",
                "`{%- generation -%}x{%+endgeneration+%}` | `{%- with -%}x{%+endwith+%}`",
                "`{% for k, v in x.items() %}{{ y.items() }}` | `{% for k, v in x^items %}{{ y^items }}`",
                "`{{ {'a': {}}.items() }}` | `{{ {'a': {}}^items }}`",
                "`{{ '}}' ~ x.items() }}` | `{{ '}}' ~ x^items }}`"
            })
    void tagsAreRewritten(String source, String prepared) throws Exception {
        assertThat(TemplateSource.prepared(source)).isEqualTo(prepared.replace('^', '|'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x.items() generation {",
                "{# x.items() {% generation %} #}",
                "{{ 'x.items()' ~ \"y.items() \\\" \" }}",
                "{% raw %}{{ x.items() }} {% generation %}{%- endraw %}",
                "{% set generation = 1 %}",
                "{{ unclosed.items()",
                "{% raw %} {{ unclosed.items() }}",
                "{# unclosed",
                "a { b } {"
            })
    void textCommentsRawBlocksAndStringsStay(String source) throws Exception {
        assertThat(TemplateSource.prepared(source)).isEqualTo(source);
    }

    @Test
    void familiesTheFrontendRewritesAreRefused() {
        assertThatThrownBy(() -> TemplateSource.prepared("<minimax:tool_call> ]~b]ai"))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("MiniMax M2");
        assertThatThrownBy(() ->
                        TemplateSource.prepared("<|channel>thought <|tool_call>call: {{ message.get('reasoning') }}"))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("Gemma 4");
    }
}
