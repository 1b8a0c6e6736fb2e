// The names under which a machine knows itself: localhost, 127.0.0.1 and [::1], in any case.

const NAME = String.raw`(?:localhost|127\.0\.0\.1|\[::1\])`;
const HOST = new RegExp(`^${NAME}(?::\\d{1,5})?$`, 'i');
const ORIGIN = new RegExp(`^(https?://)${NAME}((?::\\d{1,5})?(?=[/?#]|$))`, 'i');

/** Whether a Host header, with or without a port, names this machine. */
export const isLoopbackHost = (host: string): boolean => HOST.test(host);

/** Whether a URL or origin leads to this machine. */
export const isLoopbackUrl = (url: string): boolean => ORIGIN.test(url);

/** The same for each way to write one URL of this machine; any other URL as it is. */
export function withOneLoopbackName(url: string): string {
  return url.replace(ORIGIN, (_, scheme: string, port: string) => {
    const plain = scheme.toLowerCase();
    const usual = plain === 'http://' ? ':80' : ':443';
    return `${plain}localhost${port === usual ? '' : port}`;
  });
}
