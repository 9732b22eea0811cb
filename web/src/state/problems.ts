/** What went wrong, in the viewer's words. */

import { PasskeyError } from '../api/passkeys.ts'
import { isAnswered } from '../api/server.ts'
import type { Catalogue } from '../i18n/en.ts'

/** Say what went wrong: the server's own words, the authenticator's case, or that nobody answers. */
export function inWords(error: unknown, t: Catalogue): string {
  if (error instanceof PasskeyError) return error.name === 'InvalidStateError' ? t.passkey_known : t.passkey_not_done
  if (isAnswered(error)) return [error.message, error.advice].filter(Boolean).join('. ')
  return t.no_server
}
