declare module "*.css";
declare module "#bridge.wasm?url" {
    const url: string;
    export default url;
}
