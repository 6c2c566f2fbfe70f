import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** What PostgreSQL itself hashes a password with. */
const ITERATIONS = 4096;

/** A password of 192 random bits, that needs no quoting in a connection string. */
export const newPassword = (): string => randomBytes(24).toString('base64url');

/** What PostgreSQL keeps of a password (RFC 5803): sent in its place, so that no log of statements has the password. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
