#!/bin/sh
# Shows the environment that httpd gives to a program.
printf 'Content-Type: text/plain\n\n'
env | sort
