# What a machine types to pass the lesson.

## step: app
#: save app.py
#: save requirements.txt

## step: dockerfile
#: save Dockerfile
#: answer cache = COPY . . and what follows it

## step: build
docker build -t docker-flask:1.0 .

## step: run
docker run -d -p 5000:5000 docker-flask:1.0
docker ps

## step: move
docker rm -f $(docker ps -q)
docker run -d -p 8000:5000 docker-flask:1.0
#: answer inside-port = 5000

## step: twice
docker run -d -p 7000:5000 docker-flask:1.0
docker ps
