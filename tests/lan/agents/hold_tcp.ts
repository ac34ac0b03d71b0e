// Has TCP port 3333 of every address.
const listener = Deno.listen({ hostname: "::", port: 3333 });
console.log("held");
await listener.accept();
