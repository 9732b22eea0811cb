/** Passkeys: what the browser asks of a person's authenticator. */

/** The authenticator did not do it; `name` is that of the browser's DOMException. */
export class PasskeyError extends Error {}

/** Whether this browser can, on a page of this address. */
export function canUsePasskeys(origin: string, here: string): boolean {
  return origin === here && typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

/** Have a new passkey made; returns what the server checks. */
export function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<object> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  return asked(() => navigator.credentials.create({ publicKey }))
}

/** Have a passkey sign; returns what the server checks. */
export function signWithPasskey(options: PublicKeyCredentialRequestOptionsJSON): Promise<object> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return asked(() => navigator.credentials.get({ publicKey }))
}

async function asked(ask: () => Promise<Credential | null>): Promise<object> {
  try {
    return ((await ask()) as PublicKeyCredential).toJSON()
  } catch (error) {
    const refusal = new PasskeyError(error instanceof Error ? error.message : '')
    refusal.name = error instanceof Error ? error.name : 'Error'
    throw refusal
  }
}
