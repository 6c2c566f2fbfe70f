# The API server and the worker: one image, the command decides. See compose.yaml; .dockerignore says what is in it.
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# Dependencies first: this layer is rebuilt only when they change. bootstrap.mjs runs `npm ci --omit=dev` and leaves the
# stamp by which `npm run migrate` sees that nothing is to be installed; this image's own Node is the runtime.
# ruru is GraphiQL, 60 MB of it, and for development: without it the server answers at "/" that it is not installed. React is its
# peer, which npm installs since the dashboard for developers brings it. Of pdfjs-dist only the data about fonts is read, of officeparser
# nothing that is for browsers.
COPY package.json package-lock.json ./
COPY scripts/bootstrap.mjs scripts/
RUN node scripts/bootstrap.mjs --omit=dev && rm -r node_modules/ruru node_modules/react node_modules/react-dom \
      node_modules/officeparser/dist/officeparser.browser.* \
    && find node_modules/pdfjs-dist -mindepth 1 -maxdepth 1 ! -name package.json ! -name LICENSE ! -name cmaps ! -name standard_fonts -exec rm -r {} + && npm cache clean --force

COPY . .

# Uploaded files, and the logins that compose.yaml makes. The program itself belongs to root: the process cannot change its
# own code.
RUN mkdir -p /data /logins/owner /logins/authenticator /logins/worker && chown -R node:node /data /logins
ENV DATA_DIR=/data HOST=0.0.0.0 PORT=5678 LOG_FORMAT=json
VOLUME /data
USER node
EXPOSE 5678

# A first start makes the database, and answers when it is done.
HEALTHCHECK --interval=10s --timeout=10s --start-period=3m CMD ["node", "scripts/health.ts"]
CMD ["node", "scripts/start.ts"]
