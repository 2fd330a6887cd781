/**
 * What learners meet in courses and ask about afterwards, with the names of images that courses use. Each exercise shows a rule of
 * Docker's, often by way of the mistake against it.
 */
import type { TypedSet } from "./typed-lines";

export interface Exercise {
    title: string;
    /** What it is done with. Any image with a shell will do, where it is not one of a program's. */
    image: string;
    set: (image: string) => TypedSet;
}

/** A line that ends once another does, or when the time for a line is over. */
const until = (line: string): string => `until ${line}; do sleep 0.3; done`;

const userLine = (image: string, name: string): string =>
    /^(ubuntu|debian)/.test(image) ? `useradd -m -u 1000 ${name}` : `adduser -D -u 1000 ${name}`;

const buildExercises: readonly Exercise[] = [
    {
        title: "ARG above FROM is for FROM alone, until a stage asks for it again",
        image: "alpine:3.5",
        set: image => ({
            files: {
                "above.Dockerfile": `ARG STAGE\nFROM ${image}\nENV STAGE=\${STAGE:-nothing}\n`,
                "again.Dockerfile": `ARG IMAGE=${image}\nARG STAGE=rehearsal\nFROM $IMAGE\nARG STAGE\nLABEL stage=$STAGE\n`,
            },
            lines: [
                { type: "docker build -f above.Dockerfile --build-arg STAGE=live -t arg ." },
                { type: "docker run --rm arg printenv STAGE", says: /^nothing$/ },
                { type: "docker build -f again.Dockerfile -t arg ." },
                { type: "docker inspect -f '{{.Config.Labels.stage}}' arg", says: /^rehearsal$/ },
                {
                    type: "docker build -f again.Dockerfile --build-arg STAGE=live --build-arg IMAGE=hello-world -t arg .",
                },
                {
                    type: "docker inspect -f '{{.Config.Labels.stage}} {{.Config.Cmd}}' arg",
                    says: /^live \[\/hello\]$/,
                },
            ],
        }),
    },
    {
        title: "COPY takes no notice of USER, but has --chown and --chmod",
        image: "ubuntu:22.04",
        set: image => ({
            files: {
                Dockerfile: `FROM ${image}
RUN ${userLine(image, "clerk")}
WORKDIR /desk
COPY a ./
USER clerk
COPY b ./
COPY --chown=clerk:clerk c ./
COPY --chown=1000:0 --chmod=750 d ./
`,
                a: "a",
                b: "b",
                c: "c",
                d: "d",
            },
            lines: [
                { type: "docker build -t owners ." },
                {
                    type: "docker run --rm owners sh -c 'id -un; stat -c \"%n %u:%g %a\" *; (echo more >>b); echo more >>c; cat c'",
                    says: /^clerk\na 0:0 644\nb 0:0 644\nc 1000:1000 644\nd 1000:0 750\n.*permission denied\ncmore$/i,
                },
            ],
        }),
    },
    {
        title: ".dockerignore: all but some, and one for each Dockerfile",
        image: "scratch",
        set: image => ({
            files: {
                "app/Dockerfile": `FROM ${image}\nCOPY . .\n`,
                "app/site.Dockerfile": `FROM ${image}\nCOPY . .\n`,
                "app/site.Dockerfile.dockerignore": "pictures\n*ocker*\n.env\n",
                "app/ignored.Dockerfile": `FROM ${image}\nCOPY .env /\n`,
                "app/outside.Dockerfile": `FROM ${image}\nCOPY ../outside /\n`,
                "app/.dockerignore": "*\n!kept\n!pictures/*.png\n",
                "app/.env": "PASSWORD=x\n",
                "app/kept": "1\n",
                "app/other": "2\n",
                "app/pictures/cat.png": "3\n",
                "app/pictures/cat.raw": "4\n",
                outside: "5\n",
            },
            lines: [
                { type: "docker build -o one app" },
                { type: "cd one && find * -type f | sort", says: /^kept\npictures\/cat\.png$/ },
                { type: "docker build -f app/ignored.Dockerfile app", ends: 1, says: /"\/\.env": not found/ },
                { type: "docker build -f app/outside.Dockerfile app", ends: 1, says: /"\/outside": not found/ },
                { type: "docker build -f app/site.Dockerfile -o two app" },
                { type: "cd two && find * -type f | sort", says: /^kept\nother$/ },
            ],
        }),
    },
    {
        title: "a stage with tests runs only where something needs it, except in the classic builder",
        image: "busybox",
        set: image => {
            const stages = (sum: number, last: string) =>
                `FROM ${image} AS program\nCOPY add.sh /\nFROM program AS check\nRUN [ "$(sh /add.sh 2 3)" = ${sum} ] && touch /checked\nFROM program\n${last}`;
            return {
                files: {
                    "add.sh": "echo $(($1 + $2))\n",
                    Dockerfile: stages(6, ""),
                    "needing.Dockerfile": stages(6, "COPY --from=check /checked /\n"),
                    "right.Dockerfile": stages(5, "COPY --from=check /checked /\n"),
                },
                lines: [
                    { type: "docker build -t stages .", never: /\[check / },
                    { type: "docker build --target check .", ends: 1, says: /\[check [^]*exit code: 1/ },
                    { type: "docker build -f needing.Dockerfile .", ends: 1, says: /\[check [^]*exit code: 1/ },
                    { type: "docker build -f right.Dockerfile .", says: /\[check / },
                    { type: "DOCKER_BUILDKIT=0 docker build .", ends: 1, says: /returned a non-zero code: 1/ },
                ],
            };
        },
    },
    {
        title: "here-documents, secrets that leave no trace, and a cache that outlives a build",
        image: "alpine",
        set: image => ({
            files: {
                Dockerfile: `# syntax=docker/dockerfile:1
FROM ${image}
RUN <<END
mkdir /made
echo 1 >/made/1
echo 2 >/made/2
END
COPY <<"END" /made/settings
home=$HOME
END
RUN --mount=type=secret,id=key wc -c </run/secrets/key >/made/length
ARG TURN
RUN --mount=type=cache,target=/kept echo $TURN >>/kept/turns && cp /kept/turns /made/
`,
                key: "k3y-0f-gold",
            },
            lines: [
                { type: "docker build --secret id=key,src=key --build-arg TURN=first -t mounts ." },
                { type: "KEY=k3y-0f-gold docker build --secret id=key,env=KEY --build-arg TURN=second -t mounts ." },
                {
                    type: "docker run --rm mounts sh -c 'cd /made && cat 1 2 settings length turns && [ ! -e /kept/turns ] && [ ! -e /run/secrets/key ]'",
                    says: /^1\n2\nhome=\$HOME\n11\nfirst\nsecond$/,
                },
                { type: "docker history --no-trunc mounts", never: /k3y/ },
                { type: "docker build --no-cache .", ends: 1, says: /\/run\/secrets\/key/ },
            ],
        }),
    },
    {
        title: "a script that does not start: line ends of Windows, no execute bit, no first line",
        image: "ubuntu:20.04",
        set: image => ({
            files: {
                Dockerfile: `FROM ${image}
COPY --chmod=755 windows bare /
COPY --chmod=644 plain /
RUN sed 's/\\r$//' /windows >/mended && chmod 755 /mended
`,
                windows: '#!/bin/bash\r\necho "$1 runs"\r\n',
                bare: "echo runs\n",
                plain: "#!/bin/bash\necho runs\n",
            },
            lines: [
                { type: "docker build -t scripts ." },
                { type: "docker run --rm scripts /windows", ends: "badly", says: /no such file or directory/ },
                { type: "docker run --rm scripts /bare", ends: "badly", says: /exec format error/ },
                { type: "docker run --rm scripts /plain", ends: 126, says: /permission denied/ },
                { type: "docker run --rm scripts /mended it", says: /^it runs$/ },
            ],
        }),
    },
];

const runExercises: readonly Exercise[] = [
    {
        title: "a new volume belongs to root, unless the image has a folder there",
        image: "alpine",
        set: image => ({
            files: {
                Dockerfile: `FROM ${image}
RUN ${userLine(image, "clerk")} && mkdir /desk && echo note >/desk/note && chown -R clerk /desk
USER clerk
`,
            },
            lines: [
                { type: "docker build -t volumes ." },
                {
                    type: "docker run --rm -v new:/nowhere volumes touch /nowhere/x",
                    ends: 1,
                    says: /permission denied/i,
                },
                {
                    type: "docker run --rm -v desk:/desk volumes sh -c 'touch /desk/x; stat -c %u /desk; ls /desk'",
                    says: /^1000\nnote\nx$/,
                },
                {
                    type: "docker run --rm -v bare:/desk:nocopy volumes sh -c 'ls /desk; touch /desk/x'",
                    ends: 1,
                    says: /^[^\n]*permission denied/i,
                },
                {
                    type: "mkdir shared && docker run --rm -v ./shared:/desk volumes touch /desk/x",
                    ends: 1,
                    says: /permission denied/i,
                },
                {
                    type: "chown 1000 shared && docker run --rm --mount type=bind,src=$PWD/shared,dst=/desk volumes touch /desk/x && stat -c %u shared/x",
                    says: /^1000$/,
                },
            ],
        }),
    },
    {
        title: "what exit statuses say",
        image: "busybox:latest",
        set: image => ({
            lines: [
                { type: `docker run --no-such-option ${image}`, ends: 125, says: /unknown flag: --no-such-option/ },
                { type: `docker run --rm ${image} /etc`, ends: 126 },
                { type: `docker run --rm ${image} no-such-program`, ends: 127 },
                { type: `docker run --rm ${image} sh -c 'exit 3'`, ends: 3 },
                { type: `docker run -d --name long ${image} sleep 1000` },
                { type: "docker exec long sh -c 'exit 5'", ends: 5 },
                { type: "docker exec long no-such-program", ends: 127 },
                { type: "docker kill long && docker wait long", says: /^long\n137$/ },
                { type: "docker inspect -f '{{.State.Status}} {{.State.OOMKilled}}' long", says: /^exited false$/ },
                { type: "docker ps -a", says: /Exited \(137\)/ },
            ],
        }),
    },
    {
        title: "a network with a range of its own, and a container with a fixed address",
        image: "alpine",
        set: image => ({
            lines: [
                {
                    type: "docker network create --subnet 10.44.0.0/16 --ip-range 10.44.7.0/24 --gateway 10.44.0.9 office",
                },
                {
                    type: "docker network inspect -f '{{range .IPAM.Config}}{{.Subnet}} {{.IPRange}} {{.Gateway}}{{end}}' office",
                    says: /^10\.44\.0\.0\/16 10\.44\.7\.0\/24 10\.44\.0\.9$/,
                },
                { type: "docker run -d --name web --network office --ip 10.44.30.30 nginx" },
                { type: until("curl -fs http://10.44.30.30/"), says: /Welcome to nginx/ },
                { type: `docker run -d --name other --network office ${image} sleep 1000` },
                { type: "docker exec other ip -4 addr show eth0", says: /inet 10\.44\.7\.\d+\/16/ },
                { type: "docker exec other ip route", says: /default via 10\.44\.0\.9/ },
                { type: "docker exec other wget -qO- http://web/", says: /Welcome to nginx/ },
                {
                    type: `docker run --rm --network office --ip 10.44.30.30 ${image} true`,
                    ends: 125,
                    says: /already in use/,
                },
                { type: `docker run --rm --ip 172.17.0.99 ${image} true`, ends: 125, says: /user.configured/ },
                { type: "docker network create --subnet 10.44.1.0/24 annexe", ends: 1, says: /overlaps/ },
                { type: "docker network create --internal cellar" },
                { type: `docker run --rm --network cellar ${image} ip route`, never: /default/ },
                { type: "docker network rm office", ends: 1, says: /has active endpoints/ },
            ],
        }),
    },
    {
        title: "a proxy ends when it cannot find the server behind it, unless it looks it up for each request",
        image: "nginx:alpine",
        set: image => ({
            files: {
                "strict.conf": "server { listen 80; location / { proxy_pass http://shopp:9000; } }\n",
                "patient.conf":
                    "server { listen 80; resolver 127.0.0.11 valid=1s; location / { set $server shop; proxy_pass http://$server:9000; } }\n",
            },
            lines: [
                { type: "docker network create mall" },
                {
                    type: `docker run -d --name strict --network mall -v ./strict.conf:/etc/nginx/conf.d/default.conf ${image}`,
                },
                {
                    type: "docker wait strict && docker logs strict",
                    says: /^1\n[^]*host not found in upstream "shopp"/,
                },
                {
                    type: `docker run -d --name patient --network mall -p 8091:80 -v ./patient.conf:/etc/nginx/conf.d/default.conf ${image}`,
                },
                { type: until("curl -s http://localhost:8091/"), says: /502 Bad Gateway/ },
                {
                    type: "docker run -d --name shop --network mall httpd sh -c 'echo open >htdocs/index.html; sed -i s/^Listen.80/Listen\\ 9000/ conf/httpd.conf; exec httpd-foreground'",
                },
                { type: until("curl -fs http://localhost:8091/"), says: /open$/ },
                { type: "docker restart -t 0 shop" },
                { type: until("curl -fs http://localhost:8091/"), says: /open$/ },
            ],
        }),
    },
];

const composeExercises: readonly Exercise[] = [
    {
        title: "a database reads its first scripts once, as long as it has its volume",
        image: "postgres:15.6-alpine",
        set: image => ({
            files: {
                "scripts/1.sql": "CREATE TABLE fruit AS SELECT generate_series(1, 3) AS n;\n",
                "later.sql": "CREATE TABLE bread (n int);\n",
                "compose.yaml": `name: shop
services:
  db:
    image: ${image}
    environment:
      POSTGRES_PASSWORD: secret
      POSTGRES_DB: shop
    volumes:
      - data:/var/lib/postgresql/data
      - ./scripts:/docker-entrypoint-initdb.d:ro
    healthcheck:
      test: pg_isready -h 127.0.0.1 -U postgres -d shop
      interval: 2s
      retries: 100
volumes:
  data:
`,
            },
            lines: [
                { type: "docker compose up -d --wait" },
                {
                    type: "docker compose exec -T db psql -U postgres shop -tAc 'select count(*) from fruit'",
                    says: /^3$/,
                },
                { type: "cp later.sql scripts/2.sql; docker compose down && docker compose up -d --wait" },
                {
                    type: "docker compose exec -T db psql -U postgres shop -tAc 'select count(*) from fruit'",
                    says: /^3$/,
                },
                {
                    type: "docker compose exec -T db psql -U postgres shop -tAc 'select count(*) from bread'",
                    ends: 1,
                    says: /relation "bread" does not exist/,
                },
                { type: "docker compose logs db", says: /Skipping initialization/ },
                { type: "docker compose down -v; docker volume ls -q", never: /shop_data$/ },
                { type: "docker compose up -d --wait" },
                {
                    type: "docker compose exec -T db psql -U postgres shop -tAc 'select count(*) from bread'",
                    says: /^0$/,
                },
            ],
        }),
    },
    {
        title: "a folder mounted over the program hides node_modules, and a volume brings them back",
        image: "node:18-alpine",
        set: image => ({
            files: {
                Dockerfile: `FROM ${image}\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\nCMD ["node", "main.js"]\n`,
                ".dockerignore": "node_modules\n",
                "package.json": '{ "name": "program", "version": "1.0.0", "dependencies": { "dotenv": "*" } }\n',
                "main.js": 'console.log(typeof require("dotenv").config);\n',
                "compose.yaml": `services:
  bare: { image: hidden, pull_policy: never, volumes: [".:/app"] }
  kept: { image: hidden, pull_policy: never, volumes: [".:/app", /app/node_modules] }
`,
            },
            lines: [
                { type: "docker build -t hidden ." },
                { type: "docker compose run --rm -T bare", ends: 1, says: /Cannot find module 'dotenv'/ },
                { type: "docker compose run --rm -T kept", says: /function$/ },
                { type: "ls -A node_modules", says: /^$/ },
                {
                    type: "echo 'console.log(\"changed\")' >main.js && docker compose run --rm -T kept",
                    says: /changed$/,
                },
            ],
        }),
    },
    {
        title: "dollar signs, defaults and files of variables in Compose",
        image: "busybox",
        set: image => ({
            files: {
                "compose.yaml": `services:
  show:
    image: ${image}
    env_file: show.env
    environment:
      KEPT: a$$b
      LOST: a$nowhere
      OTHER: \${EMPTY:-other}
      INNER: \${EMPTY:-\${OWNER:-nobody}}
      QUOTED: \${SECRET}
      NEEDED: \${NEEDED:?say what is needed}
      HANDED:
    command: sh -c 'env; echo shell=$$HOME'
`,
                ".env": "SECRET='x$y'\nOWNER=me # and nobody else\n",
                "show.env": "RAW='p$q'\nDOUBLE=\"two words\"\n# nothing\nKEPT=lost to environment\n",
                "other.env": "SECRET=second\nNEEDED=n\n",
            },
            lines: [
                { type: "docker compose config", ends: "badly", says: /say what is needed/ },
                {
                    type: "NEEDED=n HANDED=h docker compose run --rm -T show",
                    says: [
                        "KEPT=a$b",
                        "LOST=a",
                        "OTHER=other",
                        "INNER=me",
                        "QUOTED=x$y",
                        "NEEDED=n",
                        "HANDED=h",
                        "RAW=p$q",
                        "DOUBLE=two words",
                        "shell=/root",
                    ]
                        .map(line => new RegExp(`^${line.replaceAll("$", "\\$")}$`, "m"))
                        .concat(/nowhere.* variable is not set/),
                },
                { type: "SECRET=shell NEEDED=n docker compose config", says: /QUOTED: shell$/m },
                { type: "docker compose --env-file other.env config", says: /QUOTED: second$/m },
            ],
        }),
    },
    {
        title: "one application twice: files that add to each other, projects, profiles",
        image: "busybox:latest",
        set: image => ({
            files: {
                "base.yml": `services:
  site:
    image: ${image}
    command: sh -c 'echo $$KIND >/tmp/index.html; exec httpd -f -h /tmp'
    stop_grace_period: 0s
  tools:
    image: ${image}
    command: echo here are tools
    profiles: [tools]
`,
                "trial.yml": "services: { site: { environment: { KIND: trial }, ports: ['8301:80'] } }\n",
                "live.yml": "services: { site: { environment: { KIND: live }, ports: ['8302:80'] } }\n",
                settings: "COMPOSE_PROJECT_NAME=live\nCOMPOSE_FILE=base.yml:live.yml\n",
            },
            lines: [
                { type: "docker-compose -p trial -f base.yml -f trial.yml up -d" },
                { type: "docker-compose -p live -f base.yml -f live.yml up -d" },
                { type: until("curl -fs http://localhost:8301/"), says: /trial$/ },
                { type: until("curl -fs http://localhost:8302/"), says: /live$/ },
                { type: "docker compose ls", says: [/^trial +running\(1\)/m, /^live +running\(1\)/m] },
                { type: "docker compose -f base.yml config --services", says: /^site$/ },
                { type: "docker compose -f base.yml --profile tools config --services | sort", says: /^site\ntools$/ },
                { type: "docker-compose -p trial -f base.yml run --rm -T tools", says: /here are tools$/ },
                { type: "docker-compose -p trial -f base.yml -f trial.yml down" },
                { type: "curl -fs http://localhost:8302/", says: /^live$/ },
                { type: "cp settings .env && docker-compose ps --services && docker-compose down", says: /^site\n/ },
                { type: "docker ps -aq", says: /^$/ },
            ],
        }),
    },
];

export const courseExercises: readonly Exercise[] = [...buildExercises, ...runExercises, ...composeExercises];
