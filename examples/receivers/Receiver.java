// A receiver for pollhook in Java (17 or newer), without dependencies. docs/receivers.md says why it is as it is.
//
//   WEBHOOK_SECRET='whsec_…' PORT=9000 java Receiver.java
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Receiver {
  static final int LARGEST_BODY = 10_000_000;
  static final long TOLERANCE = 5 * 60; // seconds that clocks may differ

  // Several secrets, separated by blanks, while they are rotated.
  static final List<SecretKeySpec> KEYS =
      Arrays.stream(env("WEBHOOK_SECRET", "").split(" ")).filter(s -> !s.isEmpty()).map(Receiver::key).toList();
  static final Path INBOX = Path.of(env("INBOX", "inbox"));
  static final Path DONE = INBOX.resolve("done");
  static final ScheduledExecutorService WORKER = Executors.newSingleThreadScheduledExecutor();

  /** What to do with an event: the part that is yours. What throws is tried again. */
  static void handle(String event) throws Exception {
    // Parse it with the JSON library of your choice.
    System.out.println("handled " + text(event, "type") + " " + text(event, "key") + " " + sequence(event));
  }

  public static void main(String[] arguments) throws IOException {
    if (KEYS.isEmpty()) throw new IllegalStateException("set WEBHOOK_SECRET");
    Files.createDirectories(DONE);
    var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT", "9000")));
    var server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", Receiver::receive);
    server.start();
    System.out.println("listening on " + server.getAddress().getPort());
    WORKER.execute(Receiver::work); // what was left by the last run
  }

  static void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        // The raw bytes: they are signed, not what a parser makes of them.
        byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
        if (body.length > LARGEST_BODY) {
          answer(exchange, 413, "");
          return;
        }
        Optional<String> problem = verify(exchange, body);
        if (problem.isPresent()) {
          answer(exchange, 401, problem.get());
          return;
        }
        store(exchange.getRequestHeaders().getFirst("webhook-id"), body);
        exchange.sendResponseHeaders(204, -1); // it is on disk: acknowledge, and work later
        WORKER.execute(Receiver::work);
      } catch (Exception e) {
        e.printStackTrace();
        answer(exchange, 500, ""); // pollhook sends it again
      }
    }
  }

  /** What is wrong with a message, or nothing. */
  static Optional<String> verify(HttpExchange exchange, byte[] body) throws GeneralSecurityException {
    var headers = exchange.getRequestHeaders();
    String id = headers.getFirst("webhook-id");
    String timestamp = headers.getFirst("webhook-timestamp");
    String signatures = headers.getFirst("webhook-signature");
    if (id == null || timestamp == null || signatures == null) return Optional.of("a webhook- header is missing");
    if (!timestamp.matches("\\d{1,12}")
        || Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) > TOLERANCE) {
      return Optional.of("the timestamp is too old or too new");
    }
    for (SecretKeySpec key : KEYS) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
      byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(UTF_8);
      for (String given : signatures.split(" ")) {
        if (MessageDigest.isEqual(given.getBytes(UTF_8), expected)) return Optional.empty();
      }
    }
    return Optional.of("the signature does not match");
  }

  /** Keeps an event durably, once: the same event always has the same name. */
  static synchronized void store(String id, byte[] body) throws IOException {
    String name = String.format("%015d-%s.json", sequence(new String(body, UTF_8)), id.replaceAll("[^A-Za-z0-9_-]", ""));
    if (Files.exists(INBOX.resolve(name)) || Files.exists(DONE.resolve(name))) return;
    Path part = INBOX.resolve(name + ".part");
    try (var file = FileChannel.open(part, CREATE, WRITE, TRUNCATE_EXISTING)) {
      var bytes = ByteBuffer.wrap(body);
      while (bytes.hasRemaining()) file.write(bytes);
      file.force(true);
    }
    Files.move(part, INBOX.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Handles what is in the inbox, in the order of the sequence. */
  static void work() {
    try (var files = Files.list(INBOX)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        handle(Files.readString(file));
        Files.move(file, DONE.resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (Exception e) {
      e.printStackTrace(); // it will be tried again
      WORKER.schedule(Receiver::work, 5, TimeUnit.SECONDS);
    }
  }

  /** The sequence of the standard body stands before anything that the polled system wrote. */
  static long sequence(String body) {
    return Long.parseLong(find(body, "\"sequence\":(\\d+)"));
  }

  static String text(String body, String member) {
    return find(body, "\"" + member + "\":(null|\"[^\"]*\")").replace("\"", "");
  }

  static String find(String body, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(body);
    if (!matcher.find()) throw new IllegalArgumentException("not an event of pollhook in its standard format");
    return matcher.group(1);
  }

  static SecretKeySpec key(String secret) {
    byte[] bytes = secret.startsWith("whsec_") ? Base64.getDecoder().decode(secret.substring(6)) : secret.getBytes(UTF_8);
    return new SecretKeySpec(bytes, "HmacSHA256");
  }

  static String env(String name, String otherwise) {
    return Optional.ofNullable(System.getenv(name)).orElse(otherwise);
  }

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
