/**
 * The commands and files of documents that courses hand out, document by document, with the names of images that they use. Of each line it
 * is written down whether it works; where it does not, who says so and in which words. A document without commands has no place here.
 */
import type { TypedLine, TypedSet } from "./typed-lines";

export interface DocumentLine extends TypedLine {
    /**
     * It does not work: "here" because of this sandbox, which says why; "anywhere" because of the line itself, in the words of the program that
     * was typed. `says` has the words.
     */
    refused?: "here" | "anywhere";
}

export interface CourseDocument extends TypedSet {
    subject: string;
    lines: readonly DocumentLine[];
}

/** What is said of an image that the sandbox lacks. */
const notHere = (image: string): RegExp => new RegExp(`${image.replaceAll(".", "\\.")} is not in this sandbox`);

const scriptAndCommands: CourseDocument = {
    subject: "slides on distributed data processing: a script in an image, the commands of every day, Compose",
    files: {
        "app.py": 'print("the script runs")\n',
        Dockerfile: `FROM python:3.8-slim
WORKDIR /app
COPY . /app
RUN pip install --no-cache-dir -r requirements.txt
EXPOSE 80
ENV NAME World
CMD ["python", "app.py"]
`,
        "ubuntu.Dockerfile": `FROM ubuntu:20.04
RUN apt-get update && apt-get install -y python3
COPY . /app
WORKDIR /app
CMD ["python3", "app.py"]
EXPOSE 80
`,
        "docker-compose.yml": `version: '3'
services:
  web:
    image: myapp
    build: .
    ports:
      - "5000:5000"
  redis:
    image: redis
`,
    },
    lines: [
        { type: "sudo systemctl start docker" },
        { type: "docker --version", says: /^Docker version \d+/ },
        {
            type: "docker build -t my-python-app .",
            refused: "anywhere", // the slides have no such file
            says: /Could not open requirements file: .*'requirements\.txt'/,
        },
        { type: "touch requirements.txt" },
        { type: "docker build -t my-python-app .", says: /naming to docker\.io\/library\/my-python-app/ },
        { type: "docker run -d --name python-container my-python-app" },
        {
            type: "docker logs python-container",
            once: "[ $(docker inspect -f '{{.State.Status}}' python-container) = exited ]",
            says: /^the script runs$/,
        },
        { type: "docker stop python-container" },
        { type: "docker restart python-container" },
        { type: "docker stop python-container" },
        { type: "docker rm python-container" },
        { type: "docker build -f ubuntu.Dockerfile -t on-ubuntu ." },
        { type: "docker run --rm on-ubuntu", says: /^the script runs$/ },
        {
            type: "docker-compose up",
            until: "docker-compose logs redis | grep -q 'Ready to accept connections'",
            says: /the script runs/,
        },
        { type: "docker-compose up -d" },
        { type: "docker-compose logs", says: /Ready to accept connections/ },
        { type: "docker-compose scale redis=2" },
        { type: "docker-compose ps -q redis | wc -l", says: /^2$/ },
        { type: "docker-compose down" },
        { type: "docker pull nginx", says: /Status: Downloaded newer image for nginx:latest/ },
        { type: "docker run -d --name my-nginx -p 8080:80 nginx" },
        { type: "curl http://localhost:8080/", once: "curl -fs http://localhost:8080/", says: /Welcome to nginx/ },
        { type: "docker ps", says: /0\.0\.0\.0:8080->80\/tcp.*my-nginx/ },
        { type: "docker exec -it my-nginx bash", keys: "hostname -I\nexit\n", says: /172\.17\./ },
        { type: "docker logs my-nginx" },
        { type: "docker pull ubuntu", says: /Status: Downloaded newer image for ubuntu:latest/ },
        { type: "docker run -it -d --name mycontainer ubuntu" },
        { type: "docker exec -it mycontainer bash", keys: "echo in $HOSTNAME\nexit\n", says: /in [0-9a-f]{12}/ },
        { type: "docker stop -t 0 mycontainer" },
        { type: "docker kill my-nginx" },
        { type: "docker ps -a", says: [/Exited \(137\).*my-nginx/, /Exited \(\d+\).*mycontainer/] },
        { type: "docker rm my-nginx mycontainer" },
        { type: "docker tag my-python-app myusername/myapp" },
        { type: "docker push myusername/myapp", refused: "anywhere", says: /denied: requested access/ },
        { type: "docker login", keys: "myusername\nsecret\n", says: /Login Succeeded/ },
        { type: "docker push myusername/myapp", says: /latest: digest: sha256:/ },
        { type: "docker rmi myusername/myapp my-python-app" },
        { type: "docker pull myusername/myapp", says: /Downloaded newer image for myusername\/myapp/ },
        { type: "docker -version", refused: "anywhere", says: /unknown shorthand flag: 'e'/ },
        { type: "Docker rmi on-ubuntu", refused: "here", says: /Commands are written in small letters: docker$/ },
    ],
};

const counter: CourseDocument = {
    subject: "a lecture on DevOps: an image of a web application, every command of Compose",
    files: {
        "web/Dockerfile": `FROM python:3.8-slim-buster
LABEL maintainer="somebody@example.com"
WORKDIR /app
COPY requirements.txt requirements.txt
RUN pip3 install -r requirements.txt
COPY . .
CMD ["python3", "-m", "flask", "run", "--host=0.0.0.0"]
`,
        "web/requirements.txt": "flask\nredis\n",
        "web/app.py": `from flask import Flask
from redis import Redis

app = Flask(__name__)


@app.route("/")
def count():
    return f"visit {Redis('redis').incr('visits')}"


@app.route("/alone")
def alone():
    return "no store needed"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
`,
        "web/docker-compose.yml": `version: "3.8"
services:
  web-fe:
    build: .
    command: python app.py
    ports:
      - target: 5000
        published: 5000
    networks:
      - counter-net
    volumes:
      - type: volume
        source: counter-vol
        target: /code
  redis:
    image: "redis:alpine"
    networks:
      counter-net:
networks:
  counter-net:
volumes:
  counter-vol:
`,
    },
    lines: [
        { type: "docker image build -t web:latest web", says: /naming to docker\.io\/library\/web:latest/ },
        { type: "docker build -t web:latest web", says: /CACHED/ },
        { type: "docker run -d --name alone -p 5000:5000 web:latest" },
        {
            type: "curl http://localhost:5000/alone",
            once: "curl -fs http://localhost:5000/alone",
            says: /no store needed$/,
        },
        { type: "docker rm -f alone" },
        { type: "docker compose --help", says: /^Commands:\n(.*\n)* +up +Create and start containers/m },
        ...[
            { type: "docker compose version", says: /^Docker Compose version/ },
            { type: "docker compose convert", says: /published: "5000"/ },
            { type: "docker compose build" },
            { type: "docker compose pull" },
            { type: "docker compose create" },
            { type: "docker compose start" },
            {
                type: "curl http://localhost:5000/",
                once: "curl -fs http://localhost:5000/alone",
                says: /visit 1$/,
            },
            { type: "docker compose up -d" },
            { type: "docker compose ls", says: /^web +running\(2\)/m },
            { type: "docker compose ps", says: /0\.0\.0\.0:5000->5000\/tcp/ },
            { type: "docker compose port web-fe 5000", says: /^0\.0\.0\.0:5000$/ },
            { type: "docker compose images", says: /redis +alpine/ },
            { type: "docker compose top", says: /python app\.py/ },
            { type: "docker compose logs", says: /Running on all addresses/ },
            { type: "docker compose exec web-fe ls", keys: "", says: /app\.py/ },
            { type: "docker compose cp web-fe:/app/app.py copy.py && cmp copy.py app.py" },
            { type: "docker compose run --rm web-fe python --version", keys: "", says: /Python 3\.13/ },
            {
                type: "docker compose events",
                until: "docker compose restart redis -t 0 && grep -q 'container start' /tmp/heard",
                says: /container start/,
            },
            { type: "docker compose pause" },
            { type: "docker compose unpause" },
            { type: "docker compose kill" },
            { type: "docker compose rm -f" },
            { type: "docker compose up", until: "curl -fs http://localhost:5000/" },
            { type: "docker compose stop" },
            { type: "docker compose push", says: /Skipped/ }, // no service names an image of its own
            { type: "docker compose down" },
        ].map(line => ({ ...line, in: "web" })),
        {
            type: "git clone https://github.com/nigelpoulton/counter-app",
            refused: "here",
            says: /no connection to the sites that it fetches from/,
        },
        { type: "vi tutorial_docker_compose.md", refused: "here", says: /Install it with: .* vim-tiny$/ },
        { type: "docker pull alpine:latest", says: /Downloaded newer image for alpine:latest/ },
    ],
};

const spark = `version: '3'
services:
  sparkmaster:
    image: rmuresano/bdaassparkmaster:0_0_4
    hostname: sparkmaster
    container_name: sparkmaster
    environment:
      - SPARK_MASTER_PORT=7077
      - HDFS=YES
    ports:
      - "8080:8080"
      - "7077:7077"
    volumes:
      - hdfs-name-node:/hdfsdata/nameNode/
  sparkworker:
    image: rmuresano/bdaassparkworker:0_0_4
    depends_on:
      - sparkmaster
    links:
      - sparkmaster
    ports:
      - "8081-8090:8081"
  jupyter:
    image: rmuresano/bdaasjupyter:0_0_4
    hostname: jupyter
    container_name: jupyter
    environment:
      - STANDALONE=YES
      - JUPYTERPORT=8900
    ports:
      - "8900:8900"
    volumes:
      - jupyter-vol:/data/jupyter/
volumes:
  hdfs-name-node:
  jupyter-vol:
`;

const bigData: CourseDocument = {
    subject: "a seminar on big data services: runtimes as images, a registry, clusters by Compose",
    files: {
        "hello/Dockerfile": `FROM python
COPY . /app
WORKDIR /app
RUN pip install -r requirements.txt
ENTRYPOINT ["python"]
CMD ["app.py"]
`,
        "hello/requirements.txt": "flask\nflask_restful\n",
        "hello/app.py": `from flask import Flask
from flask_restful import Api, Resource

app = Flask(__name__)


class Greeting(Resource):
    def get(self):
        return {"hello": "everybody"}


Api(app).add_resource(Greeting, "/")
app.run(debug=True, host="0.0.0.0")
`,
        "version.Dockerfile":
            "ARG VERSION=latest\nFROM busybox:$VERSION\nARG VERSION\nRUN echo $VERSION > image_version\n",
        "user.Dockerfile": `FROM ubuntu
ENV VAR VALUE
ENV VAR=VALUE VAR2=VALUE
RUN mkdir /src
RUN useradd -c 'Node.js user' -m -d /home/node -s /bin/bash node
RUN chown -R node.node /src
USER node
ENV HOME /home/node
EXPOSE 8080
EXPOSE 8088/UDP
ENTRYPOINT id -un
`,
        "java.Dockerfile": `FROM ubuntu:latest
WORKDIR /home/legacy
RUN apt-get -y update
RUN apt-get install -y bzip2
RUN apt-get install -y build-essential
RUN apt-get install -y libssl1.0.0
`,
        "tools.Dockerfile": `FROM ubuntu:latest AS builder
WORKDIR /home/legacy
RUN apt-get -y update && \\
    apt-get install -y openssh-server sshpass whois net-tools bc nano && \\
    rm -rf /var/lib/apt/lists/*
RUN mkdir -p jre/bin && cp /usr/bin/bc jre/bin
FROM ubuntu:latest
WORKDIR /home/legacy
COPY --from=builder /home/legacy/jre jre
ENV PATH="$PATH:/home/legacy/jre/bin"
`,
        "jupyter.Dockerfile": "FROM jupyter/datascience-notebook:latest\nRUN conda update conda\n",
        "miniconda.Dockerfile": "FROM rmuresano/bdaasjava:0_0_4\nCOPY miniconda.sh .\n",
        "cluster/docker-compose.yml": spark,
        "cassandra/docker-compose.yml": `version: '3'
services:
  cassandra-seed:
    image: rmuresano/bdaascassandra:0_0_4
    environment:
      - CLUSTER_NAME=seminario
    volumes:
      - cassandra-volume-seed:/data/cassandra
    networks:
      cassandra:
        ipv4_address: 172.28.1.2
networks:
  cassandra:
    ipam:
      config:
        - subnet: 172.28.0.0/16
volumes:
  cassandra-volume-seed:
`,
    },
    lines: [
        { type: "docker images", says: /^REPOSITORY +TAG/ },
        { type: "docker run --rm -ti debian", keys: "cat /etc/os-release\nexit\n", says: /VERSION_CODENAME=trixie/ },
        { type: "docker history debian", says: /^IMAGE +CREATED/ },
        { type: "docker search elasticsearch", says: /^NAME +DESCRIPTION/ },
        { type: "docker build -t my_docker_flask:latest hello" },
        { type: "docker run --name ronal -d -p 5000:5000 my_docker_flask:latest" },
        { type: "docker ps", says: /"python app\.py".*0\.0\.0\.0:5000->5000\/tcp/ },
        { type: "docker port ronal", says: /^5000\/tcp -> 0\.0\.0\.0:5000$/m },
        {
            type: "curl http://localhost:5000/",
            once: "curl -fs http://localhost:5000/",
            says: /"hello": ?"everybody"/,
        },
        { type: "docker inspect ronal", says: /"Image": "my_docker_flask:latest"/ },
        { type: "docker network inspect bridge", says: /"Name": "ronal"/ },
        { type: "docker exec ronal ls", says: /^app\.py$/m },
        { type: "docker rm -f ronal" },
        { type: "docker build -f version.Dockerfile -t version ." },
        { type: "docker run --rm version cat image_version", says: /^latest$/ },
        { type: "docker build -f user.Dockerfile -t user ." },
        { type: "docker run --rm user", says: /^node$/ },
        {
            type: "docker build -f java.Dockerfile -t rmuresano/bdaasjava:0_0_2 .",
            refused: "here",
            says: [/debian\.lab, a mirror inside the page/, /Unable to locate package build-essential/],
        },
        { type: "docker build -f tools.Dockerfile -t tools ." },
        { type: "docker history tools", says: /COPY \/home\/legacy\/jre jre/ },
        { type: "docker push rmuresano/bdaasjava:0_0_4", refused: "anywhere", says: /does not exist locally/ },
        {
            type: "wget https://github.com/wagoodman/dive/releases/download/v0.7.2/dive_0.7.2_linux_amd64.deb",
            refused: "here",
            says: /Install it with: .* wget$/,
        },
        {
            type: "apt-get -qq update && apt-get -qq install wget && wget https://github.com/wagoodman/dive/releases/download/v0.7.2/dive_0.7.2_linux_amd64.deb",
            refused: "here",
            says: /404 github\.com is not in this sandbox, which has no internet/,
        },
        {
            type: "sudo apt install ./dive_0.7.2_linux_amd64.deb",
            refused: "anywhere", // without the file
            says: /Unsupported file/,
        },
        { type: "brew tap wagoodman/dive", refused: "here", says: /packages come by apt-get/ },
        { type: "dive tools", refused: "here", says: /docker history shows the layers/ },
        {
            type: "curl https://docs.conda.io/en/latest/miniconda.html",
            refused: "here",
            ends: 0, // curl is content with a page that says so
            says: /docs\.conda\.io is not available: this machine is not connected/,
        },
        { type: "docker build -f miniconda.Dockerfile .", refused: "here", says: notHere("rmuresano/bdaasjava:0_0_4") },
        {
            type: "docker build -f jupyter.Dockerfile .",
            refused: "here",
            says: notHere("jupyter/datascience-notebook"),
        },
        { type: "docker run -d -p 5000:5000 --restart=always --name registry registry:2" },
        { type: "docker pull ubuntu:16.04" },
        { type: "docker tag ubuntu:16.04 localhost:5000/my-ubuntu" },
        {
            type: "docker push localhost:5000/my-ubuntu",
            once: "curl -fs http://localhost:5000/v2/",
            says: /latest: digest: sha256:/,
        },
        {
            type: "git clone git@github.com:mureron/bdaasmicroservices.git bdaas",
            refused: "here",
            says: /no connection to the sites that it fetches from/,
        },
        {
            type: "docker-compose up jupyter",
            in: "cluster",
            refused: "here",
            says: notHere("rmuresano/bdaasjupyter:0_0_4"),
        },
        { type: "docker-compose up -d", in: "cluster", refused: "here", says: /is not in this sandbox/ },
        { type: "docker-compose ps", in: "cluster", says: /^NAME +IMAGE/ },
        {
            type: "docker-compose up --scale sparkworker=2",
            in: "cluster",
            refused: "here",
            says: /is not in this sandbox/,
        },
        {
            type: "Docker-compose up --scale sparkworker=2",
            in: "cluster",
            refused: "here",
            says: /Commands are written in small letters: docker-compose$/,
        },
        {
            type: "docker-compose up -d",
            in: "cassandra",
            refused: "here",
            says: notHere("rmuresano/bdaascassandra:0_0_4"),
        },
        {
            type: "docker volume create jupyterspark_jupyter-vol && docker volume ls",
            says: /jupyterspark_jupyter-vol$/,
        },
        {
            type: "docker volume inspect jupyterspark_jupyter-vol",
            says: /"Mountpoint": "\/var\/lib\/docker\/volumes\/jupyterspark_jupyter-vol\/_data"/,
        },
        { type: "docker rmi -f localhost:5000/my-ubuntu tools" },
    ],
};

const flask: CourseDocument = {
    subject: "a lecture on containers in networks: a Flask server, several containers of one image",
    files: {
        Dockerfile: `FROM alpine:latest
RUN apk add --no-cache python3 py3-pip
COPY ./requirements.txt /app/requirements.txt
WORKDIR /app
RUN pip install -r requirements.txt
COPY . /app
ENTRYPOINT ["python"]
CMD ["app.py"]
`,
        "requirements.txt": "Flask==2.1.2\n",
        "app.py": `from flask import Flask

app = Flask(__name__)


@app.route("/")
def works():
    return "it works"


if __name__ == "__main__":
    app.run(debug=True, host="0.0.0.0")
`,
        "compose/docker-compose.yml": "services:\n  web:\n    image: docker-flask:1.0\n    ports: ['9000:5000']\n",
    },
    lines: [
        { type: "docker", says: /^Usage: +docker \[OPTIONS\] COMMAND/ },
        { type: "curl -fsSL https://get.docker.com -o get-docker.sh", refused: "here", says: /404/ },
        { type: "sudo apt install docker-compose", says: /already the newest version/ },
        {
            type: "docker build -t docker-flask:1.0 .",
            refused: "here",
            says: /The image python:3-alpine-like has it/,
        },
        { type: "sed -i 's/^FROM .*/FROM python:alpine/; /apk add/d' Dockerfile" },
        {
            type: "docker build -t docker-flask:1.0 .",
            refused: "here",
            says: [
                /No matching distribution found for Flask==2\.1\.2/,
                /python\.lab, the package index in this sandbox/,
            ],
        },
        { type: "sed -i 's/==.*//' requirements.txt" },
        { type: "docker build -t docker-flask:1.0 ." },
        { type: "docker images", says: /^docker-flask +1\.0/m },
        { type: "docker run -d -p 5000:5000 docker-flask:1.0" },
        { type: "docker ps", says: /"python app\.py".*0\.0\.0\.0:5000->5000\/tcp/ },
        { type: "curl http://localhost:5000", once: "curl -fs http://localhost:5000", says: /it works$/ },
        { type: "docker stop -t 1 $(docker ps -lq)" },
        { type: "docker ps -a", says: /Exited \(/ },
        { type: "docker start $(docker ps -lq)" },
        { type: "docker restart -t 1 $(docker ps -lq)" },
        { type: "docker kill $(docker ps -lq)" },
        { type: "docker ps -a", says: /Exited \(137\)/ },
        { type: "docker rm $(docker ps -lq)" },
        { type: "docker run -d -p 7000:5000 docker-flask:1.0" },
        { type: "docker run -d -p 8000:5000 docker-flask:1.0" },
        { type: "curl http://localhost:7000", once: "curl -fs http://localhost:7000", says: /it works$/ },
        { type: "curl http://localhost:8000", once: "curl -fs http://localhost:8000", says: /it works$/ },
        {
            type: "docker run -d -p 9000:5000 -name='web' docker-flask:1.0",
            refused: "anywhere",
            says: /unknown shorthand flag: 'n' in -name/,
        },
        { type: "docker compose up", in: "compose", until: "curl -fs http://localhost:9000" },
        { type: "docker-compose up -d", in: "compose" },
    ],
};

export const courseDocuments: readonly CourseDocument[] = [scriptAndCommands, counter, bigData, flask];
