# Ships target/kv-epp as `./mvnw package` made it.
FROM eclipse-temurin:25-jre

COPY --chown=0:0 target/kv-epp /opt/kv-epp

# The cache in lib/kv-epp.aot fits the runtime that made it; another one ignores it and starts more slowly.
USER 65532:65532
EXPOSE 9002 9003 9090
ENTRYPOINT ["/opt/kv-epp/bin/kv-epp"]
