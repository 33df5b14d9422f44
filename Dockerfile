# Styles and scripts; Tailwind looks for classes in templates and Go code.
FROM node:22-bookworm-slim AS assets
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web ./
COPY internal ../internal
RUN node build.mjs

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/web/dist web/dist
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/sendvery ./cmd/sendvery \
 && mkdir -m 1777 /out/tmp

# Nothing but the program, the certificates that it trusts, and room for large mails.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/sendvery /sendvery
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV LISTEN=0.0.0.0:8080 TLS=proxy
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["/sendvery", "healthcheck"]
ENTRYPOINT ["/sendvery"]
CMD ["serve"]
