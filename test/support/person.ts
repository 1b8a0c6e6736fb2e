// The person who has an account wherever a test needs one.

export const person = { username: 'ann', password: 'a sentence that only Ann knows' };
