# What a machine types to pass the lesson.

## step: once
docker run busybox echo "Hello from a container"
docker ps -a

## step: background
docker run -d --name clock busybox sh -c 'while true; do date; sleep 2; done'
docker logs clock

## step: inside
docker exec clock ps
docker exec clock touch /tmp/here
#: answer first-process = sh

## step: stop
docker stop clock
docker ps -a

## step: again
docker start clock

## step: kill
docker kill clock
docker run --name three busybox sh -c 'exit 3'
#: answer signal = 9

## step: remove
docker rm clock three
docker run --rm busybox echo gone
