<?php
// A receiver for pollhook in PHP (8.1 or newer), without dependencies. docs/receivers.md says why it is as it is.
//
//   WEBHOOK_SECRET='whsec_…' php -S 127.0.0.1:9000 receiver.php     # or under any web server
//   INBOX=… php receiver.php work                                    # beside it: handles what arrives, for ever

declare(strict_types=1);

const LARGEST_BODY = 10_000_000;
const TOLERANCE = 5 * 60; // seconds that clocks may differ

$inbox = getenv('INBOX') ?: 'inbox';
$done = "$inbox/done";
is_dir($done) || mkdir($done, recursive: true) || is_dir($done) || throw new RuntimeException("cannot make $done");

/** What to do with an event: the part that is yours. What throws is tried again. */
function handle(array $event): void
{
    echo "handled {$event['type']} {$event['data']['key']} {$event['data']['sequence']}\n";
}

if (PHP_SAPI === 'cli') {
    work($inbox, $done);
}
[$status, $text] = receive($inbox, $done);
http_response_code($status);
echo $text;

/** Status and text of the answer. What throws is answered 500, and pollhook sends it again. */
function receive(string $inbox, string $done): array
{
    // The raw bytes: they are signed, not what a parser makes of them.
    $body = (string) file_get_contents('php://input', length: LARGEST_BODY + 1);
    if (strlen($body) > LARGEST_BODY) {
        return [413, ''];
    }
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $problem = verify($id, $body);
    if ($problem !== null) {
        return [401, $problem];
    }
    store($id, $body, $inbox, $done);
    return [204, '']; // it is on disk: acknowledge, and work later
}

/** What is wrong with a message, or null. */
function verify(string $id, string $body): ?string
{
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $signatures = $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '';
    if ($id === '' || $timestamp === '' || $signatures === '') {
        return 'a webhook- header is missing';
    }
    if (!preg_match('/^\d{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return 'the timestamp is too old or too new';
    }
    // Several secrets, separated by blanks, while they are rotated.
    $secrets = preg_split('/ +/', (string) getenv('WEBHOOK_SECRET'), flags: PREG_SPLIT_NO_EMPTY);
    $secrets !== [] || throw new RuntimeException('set WEBHOOK_SECRET');
    foreach ($secrets as $secret) {
        $key = str_starts_with($secret, 'whsec_') ? (string) base64_decode(substr($secret, 6), true) : $secret;
        $digest = hash_hmac('sha256', "$id.$timestamp.$body", $key, binary: true);
        $expected = 'v1,' . base64_encode($digest);
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) {
                return null;
            }
        }
    }
    return 'the signature does not match';
}

/** Keeps an event durably, once: the same event always has the same name. */
function store(string $id, string $body, string $inbox, string $done): void
{
    $sequence = json_decode($body, true, flags: JSON_THROW_ON_ERROR)['data']['sequence'];
    $name = sprintf('%015d-%s.json', $sequence, preg_replace('/[^A-Za-z0-9_-]/', '', $id));
    if (file_exists("$inbox/$name") || file_exists("$done/$name")) {
        return;
    }
    $part = "$inbox/$name." . getmypid();
    $file = fopen($part, 'wb');
    if (!$file || fwrite($file, $body) !== strlen($body) || !fsync($file) || !rename($part, "$inbox/$name")) {
        throw new RuntimeException("cannot write $part");
    }
}

/** Handles what is in the inbox, in the order of the sequence, for ever. */
function work(string $inbox, string $done): never
{
    for (;;) {
        foreach (glob("$inbox/*.json") ?: [] as $file) {
            try {
                handle(json_decode((string) file_get_contents($file), true, flags: JSON_THROW_ON_ERROR));
                rename($file, "$done/" . basename($file));
            } catch (Throwable $error) {
                fwrite(STDERR, "will be tried again: $error\n");
                sleep(5);
                break;
            }
        }
        usleep(200_000);
    }
}
