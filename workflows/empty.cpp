namespace umbra {}
