// Asks a server at a steady rate over HTTP, and says how long answers took.
//
//   pace PORT QUESTIONS RATE SECONDS CONNECTIONS
//
// QUESTIONS has one JSON body a line for POST /v1/eligibility; each connection asks at fixed moments,
// or as soon as the answer before is there. A time counts from when the question was due, not from
// when it was sent, so that a server that holds up the questions behind a slow one does not look
// better for it (as in wrk2, whose author named the mistake coordinated omission).
//
// In C, because it shares the cores with the server that it measures: a few microseconds a question.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { answer_max = 1 << 20, connections_max = 1024 };

struct connection {
  int socket;
  int asking;          // A question is out.
  int64_t due;         // When the question that is out, or the next one, was or is due.
  size_t next;         // The next question.
  size_t got;          // Bytes of its answer so far.
  size_t length;       // Bytes of the whole answer; 0 until its head is there.
  char *answer;
};

static char **requests;
static size_t *request_lengths;
static size_t request_count;
static int64_t *times;
static size_t time_count, time_max, failed_count;

static void stop(const char *what) {
  perror(what);
  exit(1);
}

static void refuse(const char *why) {
  fprintf(stderr, "pace: %s\n", why);
  exit(65);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void read_questions(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) stop(path);
  char *line = NULL;
  size_t room = 0;
  for (ssize_t count; (count = getline(&line, &room, file)) > 0;) {
    if (line[count - 1] == '\n') line[--count] = 0;
    if (count == 0) continue;
    requests = realloc(requests, (request_count + 1) * sizeof *requests);
    request_lengths = realloc(request_lengths, (request_count + 1) * sizeof *request_lengths);
    if (requests == NULL || request_lengths == NULL) stop("memory");
    int length = asprintf(&requests[request_count],
                          "POST /v1/eligibility HTTP/1.1\r\nHost: localhost\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zd\r\n\r\n%s",
                          count, line);
    if (length < 0) stop("memory");
    request_lengths[request_count++] = (size_t)length;
  }
  free(line);
  fclose(file);
  if (request_count == 0) refuse("there are no questions");
}

static void ask(struct connection *it) {
  size_t which = it->next++ % request_count;
  // A question is smaller than the socket's buffer, which is empty.
  if (send(it->socket, requests[which], request_lengths[which], MSG_NOSIGNAL) !=
      (ssize_t)request_lengths[which])
    stop("send");
  it->asking = 1;
  it->got = it->length = 0;
}

// Reads what is there; says whether the answer is whole.
static int read_answer(struct connection *it) {
  ssize_t count = recv(it->socket, it->answer + it->got, answer_max - it->got, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (count < 0) stop("recv");
  if (count == 0) refuse("the server closed a connection");
  it->got += (size_t)count;
  if (it->length == 0) {
    char *end = memmem(it->answer, it->got, "\r\n\r\n", 4);
    if (end == NULL) {
      if (it->got == answer_max) refuse("the head of an answer has no end");
      return 0;
    }
    *end = 0;
    const char *length = strcasestr(it->answer, "\r\ncontent-length:");
    it->length = (size_t)(end + 4 - it->answer) + (length ? strtoul(length + 17, NULL, 10) : 0);
    if (it->length > answer_max) refuse("an answer is too large");
    if (strncmp(it->answer, "HTTP/1.1 200", 12) != 0) failed_count++;
  }
  return it->got >= it->length;
}

static void note(int64_t nanoseconds) {
  if (time_count < time_max) times[time_count++] = nanoseconds;
}

static int ascending(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void tell(const char *name, size_t part) {
  size_t index = time_count * part / 1000;
  if (index >= time_count) index = time_count - 1;
  printf("{\"name\":\"%s\",\"count\":1,\"nanoseconds\":%lld,\"checksum\":\"200\"}\n", name,
         (long long)times[index]);
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: pace PORT QUESTIONS RATE SECONDS CONNECTIONS\n");
    return 64;
  }
  int port = atoi(argv[1]);
  long rate = atol(argv[3]), seconds = atol(argv[4]), count = atol(argv[5]);
  if (rate < 1 || seconds < 1 || count < 1 || count > connections_max)
    refuse("RATE, SECONDS and CONNECTIONS must be at least 1, and CONNECTIONS at most 1024");
  read_questions(argv[2]);
  size_t expected = (size_t)(rate * seconds);
  time_max = expected + (size_t)count;
  times = malloc(time_max * sizeof *times);
  struct connection *connections = calloc((size_t)count, sizeof *connections);
  int poll = epoll_create1(0);
  if (times == NULL || connections == NULL || poll < 0) stop("start");

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (long index = 0; index < count; index++) {
    struct connection *it = &connections[index];
    int one = 1;
    it->socket = socket(AF_INET, SOCK_STREAM, 0);
    it->answer = malloc(answer_max);
    it->next = (size_t)index * 31;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = it};
    if (it->socket < 0 || it->answer == NULL ||
        connect(it->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(it->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, it->socket, &event) != 0)
      stop("connect");
  }
  // Each asks every `interval`; together they are spread evenly, so that they are due in turn.
  int64_t start = now() + 100000000, end = start + seconds * INT64_C(1000000000);
  int64_t interval = count * INT64_C(1000000000) / rate;
  for (long index = 0; index < count; index++)
    connections[index].due = start + index * INT64_C(1000000000) / rate;

  for (;;) {
    int64_t time = now(), next = INT64_MAX;
    int open = 0;
    for (long index = 0; index < count; index++) {
      struct connection *it = &connections[index];
      if (!it->asking && it->due < end && it->due <= time) ask(it);
      if (it->asking || it->due < end) open = 1;
      if (!it->asking && it->due < end && it->due < next) next = it->due;
    }
    if (!open) break;
    struct timespec rest = {.tv_sec = 1};
    if (next != INT64_MAX) {
      int64_t nanoseconds = next > time ? next - time : 0;
      rest = (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
    }
    struct epoll_event events[64];
    int ready = epoll_pwait2(poll, events, 64, &rest, NULL);
    if (ready < 0 && errno != EINTR) stop("epoll_pwait2");
    for (int index = 0; index < ready; index++) {
      struct connection *it = events[index].data.ptr;
      if (!read_answer(it)) continue;
      note(now() - it->due);
      it->asking = 0;
      it->due += interval;
      if (it->due < end && it->due <= now()) ask(it);
    }
  }
  if (failed_count > 0 || time_count * 10 < expected * 9) {
    fprintf(stderr, "pace: %zu of %zu questions were answered, %zu of them not by 200\n", time_count,
            expected, failed_count);
    return 1;
  }
  qsort(times, time_count, sizeof *times, ascending);
  tell("p50", 500);
  tell("p99", 990);
  tell("p999", 999);
  return 0;
}
