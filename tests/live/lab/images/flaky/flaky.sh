#!/bin/sh
{
  echo "line one"
  echo "line two"
  echo "fatal: cannot open database"
} >&2
exit 3
