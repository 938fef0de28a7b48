# syntax=docker/dockerfile:1

# Debian, because the Node.js that the repository locks for its own scripts is built for glibc.
FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY tools/node-runtime/package.json tools/node-runtime/
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:26-alpine
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY bin bin
COPY config.example.yaml LICENSE ./
# `docker exec CONTAINER pollhook sources` finds the commands.
RUN mkdir -p /data /etc/pollhook /usr/local/bin && chown 65532:65532 /data \
    && ln -s /app/bin/pollhook.js /usr/local/bin/pollhook
ENV NODE_ENV=production \
    POLLHOOK_CONFIG=/etc/pollhook/config.yaml \
    POLLHOOK_STATE=/data \
    POLLHOOK_LISTEN=0.0.0.0:8080
# A user without a name, a home or a shell. /data is the only place that is written.
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "bin/healthcheck.js"]
# Node.js itself is process 1, so that signals reach it.
ENTRYPOINT ["node", "bin/pollhook.js"]
CMD ["run"]
