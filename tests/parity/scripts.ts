/** Several lines that belong together, as a note has them. */
export const SCRIPTS: Record<string, string> = {
  "a network of one's own": `
docker network create mynet
docker run -d --name db --network mynet -e MYSQL_ROOT_PASSWORD=secret mysql:8
docker run -d --name web --network mynet --network-alias www -p 8080:80 nginx`,
  "a network with addresses": `
docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 --ip-range=192.168.5.0/24 fixed
docker run -d -P --name tomcat01 --net fixed --ip 192.168.0.10 tomcat`,
  "a network with options": `
docker network create -d bridge -o com.docker.network.driver.mtu=1400 --label team=web --internal --attachable --aux-address other=10.9.0.5 --subnet 10.9.0.0/24 tuned
docker run -d --name box --network tuned busybox sleep 600`,
  "a network of both families": `
docker network create --ipv6 --subnet 10.10.0.0/24 --subnet 2001:db8:7::/64 both
docker run -d --name box --network both --ip6 2001:db8:7::9 busybox`,
  "a container on a second network": `
docker network create one
docker network create two
docker run -d --name app --network one busybox
docker network connect --alias inner --ip 172.31.7.7 two app`,
  "volumes made before": `
docker volume create data
docker volume create --driver local --opt type=nfs --opt device=:/export -o o=addr=10.0.0.1 --label keep=yes nfs
docker run -d --name app -v data:/data -v nfs:/nfs:ro busybox`,
  "volumes of another container": `
docker run -d --name docker01 -v /volume01 -v volume02:/volume02 centos sleep 600
docker run -d --name docker02 --volumes-from docker01 centos sleep 600
docker run -d --name docker03 --volumes-from docker01:ro centos sleep 600`,
  "namespaces of another container": `
docker run -d --name vpn --cap-add NET_ADMIN -p 8112:8112 busybox
docker run -d --name torrent --network container:vpn --pid container:vpn busybox`,
  "prompts, comments and continued rows": `
# first the database
$ docker run -d \\
    --name db \\
    -e POSTGRES_PASSWORD=secret \\
    postgres:16

$ docker run -d --name web -p 8080:80 nginx  # then the page`,
  "variables and a folder above the lines": `
set -euo pipefail
VERSION=1.27 DATA=~/data
export ZONE="Asia/Tokyo"
WIDE='a  b'
set -a
ALL=exported
set +a
cd /usr/share
docker run -d --name web -e ZONE -e ALL -e "W=$WIDE" -v $DATA:/data -v $PWD/x:/x -v ./y:/y nginx:$VERSION`,
  "commands around the lines, on the same row": `
docker rm -f web 2>/dev/null || true
true && docker run -d --name web nginx; docker ps >/dev/null
cd /usr && cd - >/dev/null && docker run -d --name box -v $(pwd):/x busybox echo {1...4} {a..bc} '{a,b}'
false || docker volume create data`,
};
