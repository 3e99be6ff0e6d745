# The image of a release. goreleaser puts the programs of a platform into a folder of
# its name beside this file. Without a shell, pollpush ab cannot start servers by commands.
FROM gcr.io/distroless/static:nonroot
ARG TARGETPLATFORM
COPY LICENSE NOTICE /usr/share/doc/pollpush/
COPY third-party /usr/share/doc/pollpush/third-party/
COPY $TARGETPLATFORM/ /usr/local/bin/
USER 65532:65532
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/local/bin/pollpush"]
