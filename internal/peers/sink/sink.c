// sink ws|poll PORT ROOM CLIENTS: the least that a client can do, on one epoll. It
// reads what comes and looks at none of it, so it is a floor, not a load generator.
// Each poll is sent at its own time, once a second. It ends with its standard input.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

static void die(const char *what) {
	perror(what);
	exit(1);
}

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)SECOND + t.tv_nsec;
}

static int dial(int port, const char *request) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("connect");
	if (send(fd, request, strlen(request), 0) < 0)
		die("send");
	return fd;
}

static int compare(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv) {
	if (argc != 5) {
		fprintf(stderr, "usage: sink ws|poll PORT ROOM CLIENTS\n");
		return 2;
	}
	int polls = !strcmp(argv[1], "poll"), port = atoi(argv[2]), clients = atoi(argv[4]);
	char request[512];
	if (polls)
		snprintf(request, sizeof request,
			"GET /api/rooms/%s/messages?after=0&limit=1000 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\n\r\n", argv[3], port);
	else
		snprintf(request, sizeof request,
			"GET /api/rooms/%s/ws?after=0 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", argv[3], port);
	size_t length = strlen(request);
	int *fds = calloc(clients, sizeof *fds);
	int64_t *phases = calloc(clients, sizeof *phases); // ascending: the order in which clients poll, second by second
	int ep = epoll_create1(0);
	if (!fds || !phases || ep < 0)
		die("start");
	struct epoll_event in = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, STDIN_FILENO, &in) < 0)
		die("standard input");
	for (int i = 0; i < clients; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fds[i] = dial(port, request)};
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e) < 0)
			die("epoll_ctl");
		phases[i] = (int64_t)(drand48() * SECOND);
	}
	qsort(phases, clients, sizeof *phases, compare);
	int64_t second = now();
	int next = 0;
	static char buffer[1 << 16];
	static struct epoll_event events[256];
	for (;;) {
		struct timespec wait, *timeout = NULL;
		if (polls) {
			int64_t left;
			while ((left = second + phases[next] - now()) <= 0) {
				if (send(fds[next], request, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
					die("send");
				if (++next == clients) {
					next = 0;
					second += SECOND;
				}
			}
			wait = (struct timespec){left / SECOND, left % SECOND};
			timeout = &wait;
		}
		int n = epoll_pwait2(ep, events, 256, timeout, NULL);
		if (n < 0 && errno != EINTR)
			die("epoll_pwait2");
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			ssize_t got = read(fd, buffer, sizeof buffer);
			if (fd == STDIN_FILENO && got == 0)
				return 0;
			if (got <= 0 && errno != EAGAIN && fd != STDIN_FILENO) {
				fprintf(stderr, "the server has closed a connection\n");
				return 1;
			}
		}
	}
}
