/** Made by `scripts/build-kernel.mjs` from `assembly/`: both builds of the kernel, in base64. */
export const simd: string;
export const scalar: string;
