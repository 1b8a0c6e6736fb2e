// Reads a JSON body within limits of size and depth.
import { isJsonContentType } from '@modelcontextprotocol/server';
import express, { type Request, type RequestHandler } from 'express';
import { JSON_RPC, RequestRefused } from './errors.ts';

const MAX_BYTES = 1_048_576;
// Twice the depth of any honest call. The SDK answers 500 to some 20,000 levels: its validators recurse.
const MAX_DEPTH = 64;

/** Refuses other media types before anything is read, then puts up to 1 MiB into `req.body`. */
export function readJsonBody(): RequestHandler {
  const readBytes = express.raw({ type: () => true, limit: MAX_BYTES, inflate: false });
  return (req, res, next) => {
    if (!isJsonContentType(req.headers['content-type'] ?? null)) {
      throw new RequestRefused({
        status: 415,
        error: 'unsupported_media_type',
        message: 'Content-Type must be application/json',
      });
    }
    readBytes(req, res, next);
  };
}

/** Parses what readJsonBody has read. */
export function parseJsonBody(req: Request): unknown {
  const bytes: unknown = req.body;
  if (!Buffer.isBuffer(bytes)) throw notJson('The body is empty');
  const text = decodeUtf8(bytes);
  if (isNestedDeeper(text, MAX_DEPTH)) {
    throw new RequestRefused({
      status: 400,
      error: 'invalid_request',
      message: `The body is nested deeper than ${MAX_DEPTH} levels`,
      jsonRpcCode: JSON_RPC.invalidRequest,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson('The body is not JSON', cause);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw notJson('The body is not UTF-8', cause);
  }
}

function notJson(message: string, cause?: unknown): RequestRefused {
  return new RequestRefused({
    status: 400,
    error: 'invalid_request',
    message,
    jsonRpcCode: JSON_RPC.parseError,
    cause,
  });
}

// Strings are skipped whole, escaped quotes with them. Linear, and on text that is at most 1 MiB.
const BRACKETS_AND_STRINGS = /[[{]|[\]}]|"(?:[^"\\]+|\\.)*"?/gs;

function isNestedDeeper(text: string, limit: number): boolean {
  // most bodies have fewer brackets than that, wherever they stand
  if (countOpening(text, limit) <= limit) return false;
  let depth = 0;
  for (const [token] of text.matchAll(BRACKETS_AND_STRINGS)) {
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}

/** Counting stops beyond `most`. */
function countOpening(text: string, most: number): number {
  let count = 0;
  for (let at = 0; at < text.length && count <= most; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5b || unit === 0x7b) count += 1;
  }
  return count;
}
