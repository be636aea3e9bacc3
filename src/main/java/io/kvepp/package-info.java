/// kv-epp: an Endpoint Picker that knows where the KV cache is.
///
/// The arrows below are complete: a package imports what stands behind it (its own package and
/// third-party libraries aside), and nothing else of the project. `PackageArrowsTest` compares them
/// with the compiled classes. A package without an entry is a failure, and so is an entry without a
/// package. `router.v1` is generated from `proto`.
///
/// - `root`: app, config
/// - `app`: admin, config, conformance, discovery, discovery.etcd, discovery.file,
///   discovery.kubernetes, discovery.registered, discovery.staticlist, eventplane, eventplane.nats, eventplane.zmq,
///   extproc, inference, inference.anthropic, inference.body, inference.openai, kube, kvcache,
///   kvcache.dump, kvcache.routed, kvevents, kvevents.engine, load, load.signals, metrics,
///   modelfiles, nats, picker, pool, pool.rules, preprocess, requestplane, router, router.headers,
///   router.prefill, router.reuse, routerservice, routerservice.grpc, routerservice.http,
///   routerservice.plane, scheduling, scheduling.overload, scheduling.queue, tls, worker,
///   worker.card
/// - `extproc`: picker, metrics, config
/// - `admin`: picker, worker, metrics, config
/// - `picker`: nothing
/// - `conformance`: picker
/// - `router`: picker, router.headers, router.prefill, router.reuse, inference, preprocess,
///   kvcache, kvcache.routed, load, scheduling, scheduling.overload, scheduling.queue, worker,
///   worker.card, metrics, config
/// - `router.headers`: picker, worker, config
/// - `router.reuse`: kvcache, worker, metrics
/// - `router.prefill`: scheduling, load, kvcache, worker, worker.card, metrics, config
/// - `routerservice`: router.prefill, kvcache, kvcache.routed, load, scheduling,
///   scheduling.overload, scheduling.queue, worker, worker.card, metrics
/// - `routerservice.grpc`: routerservice, router.v1, scheduling, kvcache, load, worker, config
/// - `routerservice.plane`: routerservice, router.prefill, requestplane, discovery, msgpack,
///   scheduling, worker, worker.card, config
/// - `routerservice.http`: routerservice, discovery.registered, scheduling, kvcache, load, worker,
///   worker.card, config
/// - `router.v1`: nothing
/// - `inference`: config
/// - `inference.json`: nothing
/// - `inference.body`: inference, inference.json, config
/// - `inference.chat`: inference, inference.json, inference.body
/// - `inference.openai`: inference, inference.json, inference.body, inference.chat
/// - `inference.anthropic`: inference, inference.json, inference.body, inference.chat
/// - `preprocess`: inference, inference.json, modelfiles, worker.card, preprocess.jinja,
///   preprocess.tokenizer, preprocess.tokenizer.huggingface, metrics, config
/// - `preprocess.jinja`: nothing
/// - `preprocess.tokenizer`: nothing
/// - `preprocess.tokenizer.huggingface`: preprocess.tokenizer
/// - `modelfiles`: worker.card, metrics, config
/// - `scheduling`: kvcache, load, worker, worker.card, metrics, config
/// - `scheduling.overload`: load, worker, config
/// - `scheduling.queue`: load, worker, config
/// - `load`: kvcache, worker, worker.card, metrics, config
/// - `load.signals`: eventplane, msgpack, worker, worker.card, metrics, config
/// - `kvcache`: worker
/// - `kvcache.routed`: kvcache, worker
/// - `kvcache.dump`: kvcache, worker, worker.card
/// - `kvevents`: kvcache, worker, eventplane, requestplane, msgpack, metrics, config
/// - `kvevents.engine`: kvevents, eventplane, kvcache, worker, msgpack, metrics
/// - `eventplane`: msgpack, worker, metrics, config
/// - `eventplane.zmq`: eventplane, msgpack, metrics, config
/// - `eventplane.nats`: eventplane, nats, msgpack
/// - `nats`: tls, config
/// - `requestplane`: msgpack, worker, tls, metrics, config
/// - `msgpack`: nothing
/// - `discovery`: worker, worker.card, metrics, config
/// - `discovery.etcd`: discovery, worker, worker.card, metrics, config
/// - `discovery.file`: discovery, worker, worker.card, metrics, config
/// - `discovery.kubernetes`: discovery, kube, worker, worker.card, metrics, config
/// - `discovery.registered`: discovery, worker, worker.card
/// - `discovery.staticlist`: discovery, worker, worker.card, metrics, config
/// - `pool`: kube, config
/// - `pool.rules`: picker, pool, kube, inference.json, config
/// - `kube`: metrics, config
/// - `tls`: config
/// - `worker`: worker.card
/// - `worker.card`: nothing
/// - `metrics`: nothing
/// - `config`: nothing
@NullMarked
package io.kvepp;

import org.jspecify.annotations.NullMarked;
