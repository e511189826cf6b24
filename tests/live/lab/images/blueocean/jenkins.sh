#!/bin/sh
# The page tells how often this data folder has seen a start.
echo start >>/var/jenkins_home/starts
echo "jenkins, start $(wc -l </var/jenkins_home/starts)" >/www/index.html
httpd -p 50000 -h /www
exec httpd -f -p 8080 -h /www
