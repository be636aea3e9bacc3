package io.kvepp.preprocess;

import io.kvepp.preprocess.jinja.JinjaTemplate;

/// One compiled template and what it asks of its messages.
///
/// Immutable.
record NamedTemplate(JinjaTemplate template, TemplateTraits traits) {}
